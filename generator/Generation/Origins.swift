/// Where a session comes from: a device and a referrer, drawn together.
struct Origins {
  /// Of a click, by origin: `","device_type":"..."`.
  let deviceTexts: LineTexts
  /// Of a click, by origin: `,"referrer":"..."}` and the line end.
  let referrerTexts: LineTexts
  private let weights: AliasTable

  init() {
    var devices: [String] = []
    var referrers: [String] = []
    var weights: [Double] = []
    for (device, deviceWeight) in CatalogWords.devices {
      for (referrer, referrerWeight) in CatalogWords.referrers {
        devices.append(#"","device_type":"\#(device)""#)
        referrers.append(#","referrer":"\#(referrer)"}"# + "\n")
        weights.append(deviceWeight * referrerWeight)
      }
    }
    deviceTexts = LineTexts(devices)
    referrerTexts = LineTexts(referrers)
    self.weights = AliasTable(weights: weights)
  }

  @inline(__always)
  func draw(_ random: inout RandomNumbers) -> UInt8 {
    UInt8(truncatingIfNeeded: weights.draw(&random))
  }
}
