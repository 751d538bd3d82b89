/// Names of people, and how they are written in an email address.
enum PeopleWords {
  typealias Name = (name: String, ascii: String)

  static let firstNames: [Name] = [
    ("Anna", "anna"), ("Ben", "ben"), ("Chloé", "chloe"), ("David", "david"), ("Emma", "emma"),
    ("Félix", "felix"), ("Grace", "grace"), ("Hana", "hana"), ("Ivan", "ivan"), ("Julia", "julia"),
    ("Kenji", "kenji"), ("Lena", "lena"), ("María", "maria"), ("Noah", "noah"), ("Olga", "olga"),
    ("Paul", "paul"), ("Quinn", "quinn"), ("Rosa", "rosa"), ("Søren", "soren"), ("Tariq", "tariq"),
    ("Uma", "uma"), ("Victor", "victor"), ("Wen", "wen"), ("Zoë", "zoe"),
  ]

  static let lastNames: [Name] = [
    ("Andersson", "andersson"), ("Brown", "brown"), ("Chen", "chen"), ("Dubois", "dubois"),
    ("Evans", "evans"), ("Fernández", "fernandez"), ("García", "garcia"), ("Haddad", "haddad"),
    ("Ivanova", "ivanova"), ("Jones", "jones"), ("Kowalski", "kowalski"), ("Lefèvre", "lefevre"),
    ("Müller", "mueller"), ("Nakamura", "nakamura"), ("O'Brien", "obrien"), ("Patel", "patel"),
    ("Rossi", "rossi"), ("Schmidt", "schmidt"), ("Tanaka", "tanaka"), ("Novák", "novak"),
  ]
}
