import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What an address has to say so that the PG* variables, which mean the user's own servers, do not
/// change where it leads or how it is got at, for psql neither.
///
/// Variables that are not set need no answer, so the usual address stays short. A service may set
/// anything, so every parameter is answered for one. PGOPTIONS stays: it says what sessions are like, and
/// not where.
enum NeutralParameters {
  /// As they follow the others of a URI: `&hostaddr=&sslmode=prefer`.
  ///
  /// Found once; from then on this process, and those that it starts, have no PGSERVICE: an address
  /// cannot say that it means none.
  static let text: String = {
    let parameters = found(isSet: { getenv($0) != nil })
    unsetenv("PGSERVICE")
    return parameters.map { "&\($0)=\($1)" }.joined()
  }()

  /// The parameters, in libpq's order, with what libpq takes them for where nothing is said.
  static func found(isSet: (String) -> Bool) -> [(keyword: String, value: String)] {
    guard let options = PQconndefaults() else { return [] }
    defer { PQconninfoFree(options) }
    let isService = isSet("PGSERVICE")
    var parameters: [(String, String)] = []
    var option = options
    while let name = option.pointee.keyword {
      let keyword = String(cString: name)
      let usual = option.pointee.compiled.map { String(cString: $0) } ?? unset[keyword]
      let variable = option.pointee.envvar.map { String(cString: $0) }
      if let usual, let variable, !named.contains(keyword),
        isService || isSet(variable) && variable != "PGOPTIONS"
      {
        parameters.append((keyword, usual))
      }
      option += 1
    }
    return parameters
  }

  /// What the address of a private cluster says in any case.
  private static let named: Set = ["host", "port", "user", "dbname"]

  /// Of those that libpq has no default for, the ones that could lead elsewhere or refuse a server
  /// that trusts its socket.
  private static let unset = [
    "hostaddr": "", "requirepeer": "", "require_auth": "", "sslrootcert": "",
    "sslcertmode": "allow",
  ]
}
