// swift-tools-version: 6.2
import PackageDescription

/// Set by scripts/fuzz, in a build folder of its own: our code is compiled for libFuzzer, and the fuzzer is there.
let isForFuzzing = Context.environment["TUTTI_FUZZING"] != nil

/// What watches our code while it is fuzzed. Not the code of others: it would be slower and teach the fuzzer nothing.
let sanitizers = ["-sanitize=fuzzer,address"]

/// One set of language rules for every target of ours; the toolchain is pinned, so a warning is an error.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // A misspelled feature above is otherwise silently ignored.
    .treatWarning("StrictLanguageFeatures", as: .error),
]

let strict = isForFuzzing ? rules + [.unsafeFlags(sanitizers)] : rules

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

/// A library under `Sources/`: a room of the house that forbids the imports it does not list.
func room(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A daemon under `services/`: configuration, routes and wiring over the libraries.
func service(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "services/\(name)/Sources", swiftSettings: strict)
}

/// A program that measures, under `Benchmarks/`; `scripts/bench` runs it.
func benchmark(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Benchmarks/\(name)", swiftSettings: strict)
}

/// The tests of one module, or of several daemons together. They are not optimised, even in a release build: the optimiser
/// of Swift 6.3.1 crashes on some of them, and what they test is optimised.
func tests(_ name: String, uses dependencies: [Target.Dependency], beside others: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: others,
        swiftSettings: strict + [.unsafeFlags(["-Onone"])])
}

let package = Package(
    name: "tutti",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // Without pkg-config, which would add a flag that SwiftPM refuses with a warning in every build.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CJemalloc", providers: [.apt(["libjemalloc-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        room("API", uses: ["Common", "Domain", httpTypes]),
        room("AgentRuntime", uses: ["Common", "Domain", httpTypes, lifecycle, logging]),
        room("Blueprints", uses: ["Common", yams]),
        room(
            "Common",
            uses: ["CJemalloc", asyncHTTPClient, crypto, httpTypes, lifecycle, logging, nioCore, nioHTTP1, nioPosix]),
        room("Domain", uses: ["Common", crypto]),
        room("Orchestration", uses: ["Common", "Domain", "Store", "Postgres", crypto, lifecycle, logging]),
        room("Postgres", uses: ["CLibPQ", lifecycle, logging]),
        room("Redis", uses: ["CHiredis", lifecycle, logging]),
        room("Render", uses: ["Common", httpTypes, logging]),
        room("RenderMonitor", uses: ["Blueprints", "Common", "Render", lifecycle, logging]),
        room("RenderPlans", uses: ["Blueprints", "Common", "Render", crypto, logging]),
        room(
            "ServiceKit",
            uses: [
                "API", "Common", argumentParser, httpTypes, hummingbird, hummingbirdCore, lifecycle, logging, nioCore,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioWebSocket, unixSignals,
            ]),
        room("Store", uses: ["Common", "Domain", "Postgres", logging]),
        room("TestKit", uses: ["API", "Common", "Postgres", httpTypes, lifecycle, logging, nioCore, nioPosix]),

        service("echo-agent-svc", uses: ["API", "Common", "ServiceKit", httpTypes, lifecycle, logging]),
        service(
            "engine-svc", uses: ["AgentRuntime", "Common", "Domain", "ServiceKit", lifecycle, logging]),
        service(
            "logging-svc",
            uses: ["API", "Common", "Domain", "Postgres", "ServiceKit", "Store", httpTypes, lifecycle, logging]),
        service(
            "orchestrator-svc",
            uses: [
                "API", "AgentRuntime", "Common", "Domain", "Orchestration", "Postgres", "Redis", "ServiceKit", "Store",
                argumentParser, crypto, httpTypes, lifecycle, logging,
            ]),
        service(
            "renderctl-svc",
            uses: [
                "API", "Blueprints", "Common", "Domain", "Postgres", "Render", "RenderMonitor", "RenderPlans",
                "ServiceKit", "Store", crypto, httpTypes, lifecycle, logging,
            ]),
        .executableTarget(
            name: "tutti",
            dependencies: ["API", "Blueprints", "Common", "Render", "RenderPlans", argumentParser, httpTypes, logging],
            path: "packages/tutti/Sources", swiftSettings: strict),

        benchmark(
            "kernel-bench",
            uses: [
                "AgentRuntime", "Common", "Domain", "Orchestration", "Postgres", "Store", argumentParser, crypto,
                lifecycle, logging,
            ]),
        // What stands in for Render in tests, and for whoever tries renderctl without an account.
        .target(
            name: "FakeRender",
            dependencies: [
                "Common", httpTypes, hummingbird, hummingbirdCore, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ],
            path: "Tests/FakeRender", swiftSettings: strict),
        .executableTarget(
            name: "fake-render",
            dependencies: ["Common", "FakeRender", argumentParser, lifecycle, logging, unixSignals],
            path: "Tests/FakeRenderProgram", swiftSettings: strict),
        // Readers of bytes from outside with what they promise, for FuzzingTests and for the fuzzer.
        .target(
            name: "Fuzzing",
            dependencies: [
                "API", "Blueprints", "Common", "Domain", "Render", "RenderMonitor", "ServiceKit", "Store", crypto,
                httpTypes, nioCore, nioEmbedded,
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"], swiftSettings: strict),

        tests("APITests", uses: ["API", "Common", "Domain", httpTypes]),
        tests("ArchitectureTests", uses: []),
        tests("BlueprintsTests", uses: ["Blueprints", "Common"]),
        tests(
            "CommonTests",
            uses: [
                "Common", "TestKit", asyncHTTPClient, httpTypes, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ]),
        tests("DomainTests", uses: ["Common", "Domain", "TestKit", crypto]),
        tests(
            "EchoServiceTests", uses: ["API", "Common", "ServiceKit", "TestKit", "echo-agent-svc", lifecycle, logging]),
        tests(
            "EndToEndTests", uses: ["Common", "Postgres", "TestKit", crypto, httpTypes, logging], beside: ["Support"]),
        tests(
            "EngineTests",
            uses: [
                "AgentRuntime", "Common", "Domain", "Orchestration", "Postgres", "Store", "TestKit", crypto, lifecycle,
                logging,
            ]),
        tests("FuzzingTests", uses: ["Fuzzing"]),
        tests("LoggingStoreTests", uses: ["API", "Common", "Domain", "Postgres", "Store", "TestKit", crypto, logging]),
        tests(
            "OrchestrationTests",
            uses: ["Common", "Domain", "Orchestration", "Postgres", "Store", "TestKit", crypto, lifecycle, logging]),
        tests(
            "OrchestratorServiceTests",
            uses: [
                "API", "Common", "Domain", "Orchestration", "Postgres", "ServiceKit", "Store", "TestKit",
                "orchestrator-svc", httpTypes, hummingbirdCore, lifecycle, logging, nioCore, nioPosix,
            ]),
        tests("PostgresTests", uses: ["Postgres", "TestKit", lifecycle, logging]),
        tests("RedisTests", uses: ["Redis", "TestKit", lifecycle, logging]),
        tests(
            "RenderMonitorTests",
            uses: ["Blueprints", "Common", "FakeRender", "Render", "RenderMonitor", "TestKit", logging]),
        tests(
            "RenderPlansTests",
            uses: ["Blueprints", "Common", "FakeRender", "Render", "RenderPlans", "TestKit", crypto]),
        tests("RenderTests", uses: ["Common", "FakeRender", "Render", "TestKit", httpTypes]),
        tests(
            "RenderctlServiceTests",
            uses: [
                "API", "Blueprints", "Common", "Domain", "FakeRender", "Postgres", "Render", "RenderMonitor",
                "RenderPlans", "ServiceKit", "Store", "TestKit", "renderctl-svc", httpTypes, lifecycle, logging,
            ]),
        tests(
            "ServiceKitTests",
            uses: [
                "API", "Common", "ServiceKit", "TestKit", httpTypes, hummingbird, hummingbirdCore, hummingbirdTesting,
                lifecycle, logging, nioCore, nioHTTP1, nioPosix, nioWebSocket,
            ]),
        tests("TuttiCommandTests", uses: ["Common", "FakeRender", "TestKit"]),
    ]
)

if isForFuzzing {
    // lld, because gold does not get through the sections that the sanitizers make.
    package.targets.append(
        .executableTarget(
            name: "fuzzer", dependencies: ["Fuzzing"], path: "Tests/Fuzzer",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]))
}
