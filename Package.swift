// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target: language mode 6, no warnings, imports said where they are used.
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "inspector",
    products: [
        .library(name: "InspectorCore", targets: ["InspectorCore"]),
        .library(name: "Inspector", targets: ["Inspector"]),
        .library(name: "InspectorTracing", targets: ["InspectorTracing"]),
        .executable(name: "inspector", targets: ["inspector"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.29.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.30.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
        // For a server that the tests watch.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        // Named apart from its folder: swift-system, which comes with NIO, already has a target called CSystem.
        .systemLibrary(name: "CInspectorSystem", path: "Sources/CSystem", providers: [.apt(["zlib1g-dev"])]),
        // Generated from otlp.proto by `make proto`: not held to the rules for what people write.
        .target(
            name: "OTLPMessages",
            dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["otlp.proto"],
            swiftSettings: [.swiftLanguageMode(.v6)]
        ),
        .target(
            name: "InspectorCore",
            dependencies: [
                "CInspectorSystem",
                "OTLPMessages",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Inspector",
            dependencies: [
                "CNcurses",
                "CInspectorSystem",
                "InspectorCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            // What `inspector flask-extension` writes out, and the traffic that comes with the program: the files themselves
            // lie in Extensions/flask and demo-apps/traffic.
            resources: [.embedInCode("Resources/inspector_flask.py"), .embedInCode("Resources/morning.har")],
            swiftSettings: swiftSettings
        ),
        // What a Swift server elsewhere needs to be seen from within; nothing of the rest.
        .target(
            name: "InspectorTracing",
            dependencies: [
                "OTLPMessages",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "inspector",
            dependencies: [
                "Inspector", "InspectorCore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "demo-apps",
            exclude: ["flask", "traffic"],
            swiftSettings: swiftSettings
        ),
        // The app of docs/your-own-app.md, with no settings but those that the document's own package has; OwnAppTests runs it.
        .executableTarget(name: "cities", dependencies: ["Inspector"], path: "Tests/OwnApp"),
        // A Hummingbird as people write one, with the line that docs/watch.md asks for; SwiftServerTests watches it.
        .executableTarget(
            name: "watched-server",
            dependencies: [
                "InspectorTracing",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            path: "Tests/SwiftServer",
            swiftSettings: [.swiftLanguageMode(.v6)]
        ),
        .testTarget(
            name: "InspectorCoreTests",
            dependencies: [
                "InspectorCore", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: ["Cases", "FlaskVectors", "RoutingVectors"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "InspectorTests",
            dependencies: ["Inspector", "InspectorCore", "inspector"],
            exclude: ["Frames"],
            swiftSettings: swiftSettings
        ),
    ]
)
