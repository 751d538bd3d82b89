/// What a broker says of the cluster and its topics: Metadata of version 2, written as 4.
///
/// Source: Kafka's protocol guide.
struct MetadataAnswer {
  struct Broker {
    var id: Int32
    var host: String?
    var port: Int32
    var rack: String?
  }

  struct Partition {
    var error: Int16
    var number: Int32
    var leader: Int32
    var replicas: [Int32]
    var inSync: [Int32]
  }

  struct Topic {
    var error: Int16
    var name: String
    var isInternal: Int8 = 0
    var partitions: [Partition] = []
  }

  var brokers: [Broker] = []
  var cluster: String?
  var controller: Int32
  var topics: [Topic] = []

  /// Reads the body of an answer of version 2.
  init(_ body: [UInt8]) throws {
    var reader = FrameReader(body)
    for _ in 0..<(try reader.number(Int32.self)) {
      brokers.append(
        Broker(
          id: try reader.number(Int32.self),
          host: try reader.text(),
          port: try reader.number(Int32.self),
          rack: try reader.text()
        )
      )
    }
    cluster = try reader.text()
    controller = try reader.number(Int32.self)
    for _ in 0..<(try reader.number(Int32.self)) {
      var topic = Topic(error: try reader.number(Int16.self), name: try reader.text() ?? "")
      topic.isInternal = try reader.number(Int8.self)
      for _ in 0..<(try reader.number(Int32.self)) {
        topic.partitions.append(
          Partition(
            error: try reader.number(Int16.self),
            number: try reader.number(Int32.self),
            leader: try reader.number(Int32.self),
            replicas: try reader.numbers(),
            inSync: try reader.numbers()
          )
        )
      }
      topics.append(topic)
    }
  }

  /// The body of an answer of version 4.
  var body: [UInt8] {
    var writer = FrameWriter()
    // Throttled for no time.
    writer.number(Int32(0))
    writer.number(Int32(brokers.count))
    for broker in brokers {
      writer.number(broker.id)
      writer.text(broker.host)
      writer.number(broker.port)
      writer.text(broker.rack)
    }
    writer.text(cluster)
    writer.number(controller)
    writer.number(Int32(topics.count))
    for topic in topics {
      writer.number(topic.error)
      writer.text(topic.name)
      writer.number(topic.isInternal)
      writer.number(Int32(topic.partitions.count))
      for partition in topic.partitions {
        writer.number(partition.error)
        writer.number(partition.number)
        writer.number(partition.leader)
        writer.numbers(partition.replicas)
        writer.numbers(partition.inSync)
      }
    }
    return writer.bytes
  }
}
