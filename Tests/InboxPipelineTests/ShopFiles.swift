/// Small files of a shop, in shape A.
enum ShopFiles {
  static let productHeader = "id,sku,cost,category,name,brand,retail_price,department\n"
  static let orderHeader =
    "order_id,user_id,status,created_at,returned_at,shipped_at,delivered_at,num_of_item\n"
  static let itemHeader =
    "id,order_id,user_id,product_id,status,created_at,shipped_at,delivered_at,returned_at,"
    + "sale_price\n"

  static let products =
    productHeader + """
      1,s1,1.00,Shoes,Boot,B,10.00,Men
      2,s2,1.00,,Hat,B,5.00,
      3,s3,0,Shoes,Bad,B,5.00,

      """

  static let orders =
    orderHeader + """
      100,7,Complete,2026-11-20 08:00:00 UTC,,,,2
      101,8,RETURNED,2026-11-20T23:59:59Z,2026-11-22,,,1
      102,8,Complete,nonsense,,,,1
      103,8,Shipped,2026-11-21 00:00:00,,,,0

      """

  static let items =
    itemHeader + """
      1,100,7,1,Complete,2026-11-20 08:00:00 UTC,,,,9.99
      2,100,7,2,Complete,,,,,4.50
      3,101,8,1,Returned,,,,,10.005
      4,999,8,1,Returned,,,,,10.01
      5,100,8,,Returned,,,,,10.01
      1,100,7,1,Complete,,,,,77.00

      """

  static func order(
    _ id: Int,
    user: Int = 1,
    _ status: String = "Complete",
    on time: String
  ) -> String {
    "\(id),\(user),\(status),\(time),,,,1\n"
  }

  static func item(_ id: Int, order: Int, product: Int = 1, _ price: String) -> String {
    "\(id),\(order),1,\(product),Complete,,,,,\(price)\n"
  }

  static func product(_ id: Int, category: String) -> String {
    "\(id),s,1.00,\(category),n,b,2.00,d\n"
  }
}
