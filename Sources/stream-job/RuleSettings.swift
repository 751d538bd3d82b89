package import Attribution
package import Connect
import Programs

extension AttributionRule.Emission: NamedSetting {
  package static var allCases: [Self] { [.early, .final] }
}

extension AttributionRule.LatePolicy: NamedSetting {
  package static var allCases: [Self] { [.restate, .drop] }
}

extension GapPolicy: NamedSetting {}
