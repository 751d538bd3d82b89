package import Attribution
import Programs

extension AttributionRule.Emission: NamedSetting {
  package static var allCases: [Self] { [.early, .final] }
}

extension AttributionRule.LatePolicy: NamedSetting {
  package static var allCases: [Self] { [.restate, .drop] }
}
