/// What the shop sells: categories with their goods and price range, and words for names.
enum CatalogWords {
  struct Department {
    let category: String
    /// In whole units of the currency.
    let prices: ClosedRange<Int>
    let goods: [String]
  }

  static let departments = [
    Department(
      category: "Electronics",
      prices: 15...900,
      goods: ["Headphones", "Tablet", "Charger", "Webcam", "Monitor 27\"", "Speaker"]
    ),
    Department(
      category: "Computers",
      prices: 20...999,
      goods: ["Keyboard", "Mouse", "Laptop 14\"", "USB-C Hub", "SSD 1TB", "Router"]
    ),
    Department(
      category: "Phones",
      prices: 10...950,
      goods: ["Phone", "Case", "Screen Guard", "Power Bank"]
    ),
    Department(
      category: "Home & Kitchen",
      prices: 8...300,
      goods: ["Kettle", "Pan", "Knife Set", "Café Press", "Crème Brûlée Torch", "Lamp"]
    ),
    Department(
      category: "Furniture",
      prices: 40...900,
      goods: ["Chair", "Desk", "Shelf", "Sofa", "Bed"]
    ),
    Department(
      category: "Garden",
      prices: 5...250,
      goods: ["Hose", "Shears", "Planter", "Grill", "Rake"]
    ),
    Department(
      category: "Tools",
      prices: 6...280,
      goods: ["Drill", "Saw", "Hammer", "Wrench 1/2\"", "Level"]
    ),
    Department(
      category: "Clothing",
      prices: 10...180,
      goods: ["Shirt", "Jeans", "Jacket", "Dress", "Hoodie"]
    ),
    Department(
      category: "Shoes",
      prices: 25...220,
      goods: ["Sneakers", "Boots", "Sandals", "Loafers"]
    ),
    Department(
      category: "Accessories",
      prices: 8...150,
      goods: ["Belt", "Scarf", "Wallet", "Cap", "Gloves"]
    ),
    Department(
      category: "Jewelry",
      prices: 20...800,
      goods: ["Ring", "Necklace", "Bracelet", "Earrings"]
    ),
    Department(
      category: "Beauty",
      prices: 4...120,
      goods: ["Serum", "Lipstick", "Cream", "Perfume", "Mask"]
    ),
    Department(
      category: "Health",
      prices: 5...140,
      goods: ["Vitamins", "Scale", "Thermometer", "Massager"]
    ),
    Department(
      category: "Sports",
      prices: 7...400,
      goods: ["Yoga Mat", "Dumbbells", "Ball", "Tent", "Racket"]
    ),
    Department(
      category: "Outdoors",
      prices: 9...350,
      goods: ["Backpack", "Bottle", "Stove", "Hammock"]
    ),
    Department(
      category: "Toys",
      prices: 5...120,
      goods: ["Puzzle", "Robot", "Dollhouse", "Kite", "Blocks"]
    ),
    Department(
      category: "Books",
      prices: 4...60,
      goods: ["Novel", "Atlas", "Cookbook", "Guide", "Comic"]
    ),
    Department(
      category: "Music",
      prices: 6...500,
      goods: ["Guitar", "Vinyl 12\"", "Ukulele", "Tuner"]
    ),
    Department(
      category: "Groceries",
      prices: 2...50,
      goods: ["Coffee", "Tea", "Olive Oil", "Jalapeño Salsa"]
    ),
    Department(
      category: "Pets",
      prices: 3...120,
      goods: ["Leash", "Cat Tree", "Aquarium", "Chew Toy"]
    ),
  ]

  static let adjectives = [
    "Classic", "Modern", "Compact", "Deluxe", "Essential", "Premium", "Urban", "Vintage", "Nordic",
    "Smart", "Ultra", "Soft", "Rugged", "Señor", "Über", "\"Original\"", "Eco", "Tokyo 東京", "Slim",
    "Bold", "Back\\Slash", "Pro", "Mini", "Grand", "Zoë",
  ]

  static let devices = [("mobile", 58.0), ("desktop", 34.0), ("tablet", 8.0)]

  static let referrers = [
    ("google.com", 30.0), ("direct", 22.0), ("facebook.com", 11.0), ("instagram.com", 9.0),
    ("newsletter", 7.0), ("bing.com", 5.0), ("tiktok.com", 5.0), ("youtube.com", 4.0),
    ("affiliate", 3.0), ("pinterest.com", 2.0), ("reddit.com", 1.5), ("x.com", 0.5),
  ]

  static let payments = ["credit_card", "debit_card", "paypal", "apple_pay", "bank_transfer"]
}
