// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "inspector", path: ".."),
        // What the program is measured against, not what it is made of.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
    ],
    targets: [
        .target(name: "BenchKit", swiftSettings: swiftSettings),
        .executableTarget(name: "soak", dependencies: ["BenchKit"], swiftSettings: swiftSettings),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "BenchKit",
                .product(name: "Inspector", package: "inspector"),
                .product(name: "InspectorCore", package: "inspector"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "bench-app",
            dependencies: [
                .product(name: "Inspector", package: "inspector"),
                .product(name: "InspectorCore", package: "inspector"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "hummingbird-peer",
            dependencies: [.product(name: "Hummingbird", package: "hummingbird")],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "nio-peer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)

// It cannot be linked without libFuzzer: `make fuzz` sets FUZZ.
if Context.environment["FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                .product(name: "Inspector", package: "inspector"),
                .product(name: "InspectorCore", package: "inspector"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]
        ))
}
