// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled alike: the Swift 6 language mode with the stricter upcoming rules on.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "firstclick",
  platforms: [.macOS(.v15)],
  dependencies: [
    // Options, subcommands, help texts and shell completion of the programs.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Structured log lines with levels.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // The config file; its nodes know their lines, which error messages name.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries, one module each.
    .systemLibrary(
      name: "CLibPQ",
      path: "Sources/CLibPQ",
      pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"])]
    ),
    .systemLibrary(
      name: "CRDKafka",
      path: "Sources/CRDKafka",
      pkgConfig: "rdkafka",
      providers: [.apt(["librdkafka-dev"])]
    ),
    .systemLibrary(
      name: "CZlib",
      path: "Sources/CZlib",
      pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"])]
    ),
    .systemLibrary(
      name: "CZstd",
      path: "Sources/CZstd",
      pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"])]
    ),
    .systemLibrary(
      name: "CCrypto",
      path: "Sources/CCrypto",
      pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]
    ),
    .systemLibrary(
      name: "CCurl",
      path: "Sources/CCurl",
      pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]
    ),
    .target(name: "CScan"),
    // Runs before main, and has nothing to call: how OpenSSL starts in every program here.
    .target(name: "CCryptoStart", dependencies: ["CCrypto"]),

    // The engine: event time, watermarks, windowed operators. No I/O, no threads, no clock.
    .target(name: "Dataflow", swiftSettings: settings),
    // Clicks and checkouts: bytes in, records out.
    .target(name: "Events", dependencies: ["Dataflow", "CScan"], swiftSettings: settings),
    // The product's rule: first click, composed and fused.
    .target(
      name: "Attribution",
      dependencies: ["Events", "Dataflow", "CScan"],
      swiftSettings: settings
    ),

    // Sources and sinks: the protocols, the embedded file log, CSV and JSON lines.
    .target(
      name: "Connect",
      dependencies: [
        "Attribution", "Events", "Dataflow", "CScan", "CCryptoStart",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    // The database's own language: tables, roles and checks, compiled into the programs.
    .target(
      name: "SQLFiles",
      path: "sql",
      exclude: ["queries"],
      resources: [
        .embedInCode("migrations"), .embedInCode("schema_version.sql"), .embedInCode("roles.sql"),
        .embedInCode("verify"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "PostgresConnect",
      dependencies: ["CLibPQ", "SQLFiles", "Connect", "Attribution", "Events", "Dataflow"],
      swiftSettings: settings
    ),
    .target(
      name: "KafkaConnect",
      dependencies: [
        "CRDKafka", "Connect", "Events", "Dataflow",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    // Signed calls of AWS services over HTTP: credentials, retries, errors; no service of its own.
    .target(
      name: "AWSClient",
      dependencies: ["CCurl", "CCrypto", "CScan", "Connect", "Events", "Dataflow"],
      swiftSettings: settings
    ),
    .target(
      name: "KinesisConnect",
      dependencies: [
        "AWSClient", "CScan", "Connect", "Events", "Dataflow",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),

    // Tasks, worker threads, exactly-once.
    .target(
      name: "Runtime",
      dependencies: [
        "Attribution", "Connect", "Events", "Dataflow", "CScan",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),

    // The batch path: files in, the same operators, files or tables out.
    .target(
      name: "FileInput",
      dependencies: ["CZlib", "CZstd", "CScan", "Connect", "Events"],
      swiftSettings: settings
    ),
    .target(
      name: "Batch",
      dependencies: [
        "FileInput", "PostgresConnect", "Connect", "Attribution", "Events", "Dataflow", "CScan",
      ],
      swiftSettings: settings
    ),
    .target(
      name: "OrderKPIs",
      dependencies: [
        "FileInput", "PostgresConnect", "Connect", "Events", "Dataflow", "CScan",
      ],
      swiftSettings: settings
    ),
    .target(
      name: "InboxPipeline",
      dependencies: [
        "CCrypto", "CCurl", "OrderKPIs", "FileInput", "PostgresConnect", "Runtime", "Connect",
        "Events", "Dataflow",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),

    // What the programs share: settings, console, signals, exit codes.
    .target(
      name: "Programs",
      dependencies: [
        "PostgresConnect", "Connect", "Dataflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings
    ),

    // Programs.
    .target(
      name: "Generation",
      dependencies: ["Connect", "Events", "Dataflow"],
      path: "generator/Generation",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "generator",
      dependencies: [
        "Generation", "Programs", "Connect", "KafkaConnect", "KinesisConnect", "PostgresConnect",
        "Dataflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "generator/Command",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "stream-job",
      dependencies: [
        "Programs", "Runtime", "Attribution", "Connect", "KafkaConnect", "KinesisConnect",
        "PostgresConnect", "Dataflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "batch-job",
      dependencies: [
        "Programs", "Batch", "OrderKPIs", "InboxPipeline", "FileInput", "PostgresConnect",
        "Connect",
        "Attribution", "Dataflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "local-broker",
      dependencies: [
        "Programs", "KafkaConnect", "Connect",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "Runtime", "Attribution", "Connect", "KafkaConnect", "CRDKafka", "KinesisConnect",
        "AWSClient", "CScan", "PostgresConnect", "Generation", "Events", "Dataflow",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),

    // Tests, one folder a target.
    .target(
      name: "TestSupport",
      dependencies: [
        "KafkaConnect", "KinesisConnect", "AWSClient", "CRDKafka", "Attribution", "Connect",
        "PostgresConnect", "Events", "Dataflow", .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/TestSupport",
      exclude: ["Kafka/secure_front.py"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "DataflowTests",
      dependencies: ["Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "EventsTests",
      dependencies: ["Events", "Dataflow", "CScan", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "AttributionTests",
      dependencies: ["Attribution", "Events", "Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ConnectTests",
      dependencies: ["Connect", "Events", "Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "PostgresConnectTests",
      dependencies: [
        "PostgresConnect", "SQLFiles", "Connect", "Events", "Dataflow", "TestSupport",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "KafkaConnectTests",
      dependencies: [
        "KafkaConnect", "CRDKafka", "CCrypto", "Connect", "Events", "Dataflow", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "AWSClientTests",
      dependencies: ["AWSClient", "Connect", "Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "KinesisConnectTests",
      dependencies: [
        "KinesisConnect", "AWSClient", "CCrypto", "Connect", "Events", "Dataflow", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "FileInputTests",
      dependencies: ["FileInput", "CZlib", "CZstd", "Connect", "Events", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "BatchTests",
      dependencies: [
        "Batch", "FileInput", "Attribution", "Connect", "PostgresConnect", "Events", "Dataflow",
        "TestSupport",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "OrderKPIsTests",
      dependencies: [
        "OrderKPIs", "FileInput", "Connect", "PostgresConnect", "Events", "Dataflow", "TestSupport",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "InboxPipelineTests",
      dependencies: [
        "InboxPipeline", "OrderKPIs", "FileInput", "Connect", "PostgresConnect", "Runtime",
        "Events", "Dataflow", "TestSupport", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "GenerationTests",
      dependencies: ["Generation", "Connect", "Events", "Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "RuntimeTests",
      dependencies: ["Runtime", "Attribution", "Connect", "Events", "Dataflow", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ProgramsTests",
      dependencies: [
        "Programs", "Connect", "Dataflow", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Runtime", "Attribution", "Connect", "PostgresConnect", "Generation", "InboxPipeline",
        "TestSupport", "KafkaConnect", "KinesisConnect", "Dataflow", "Programs", "generator",
        "stream-job", "batch-job", "local-broker", .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings
    ),
  ]
)
