// SPDX-License-Identifier: Apache-2.0

import Testing

/// Which module may import which. The compiler does not see an import that comes in by way of another module; this does.
@Suite struct ImportTests {
    /// What every module may import: the standard library's own parts and Foundation.
    static let everywhere: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization",
    ]

    static let libraries: [String: Set<String>] = [
        "API": ["Common", "Domain", "HTTPTypes"],
        "AgentRuntime": ["Common", "Domain", "HTTPTypes", "Logging", "ServiceLifecycle"],
        "Blueprints": ["CYaml", "Common"],
        "CHiredis": [],
        "CJemalloc": [],
        "CLibPQ": [],
        "Common": [
            "AsyncHTTPClient", "CJemalloc", "Crypto", "HTTPTypes", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix",
            "NIOSSL",
            "ServiceLifecycle",
        ],
        "Domain": ["Common", "Crypto"],
        "Orchestration": ["Common", "Crypto", "Domain", "Logging", "Postgres", "ServiceLifecycle", "Store"],
        "Postgres": ["CLibPQ", "Dispatch", "Logging", "ServiceLifecycle"],
        "Redis": ["CHiredis", "Logging", "ServiceLifecycle"],
        "Render": ["Common", "HTTPTypes", "Logging"],
        "RenderMonitor": ["Blueprints", "Common", "Logging", "Render", "ServiceLifecycle"],
        "RenderPlans": ["Blueprints", "Common", "Crypto", "Logging", "Render"],
        "ServiceKit": [
            "API", "ArgumentParser", "Common", "Dispatch", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging",
            "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "NIOWebSocket", "ServiceLifecycle",
            "UnixSignals",
        ],
        "Store": ["Common", "Domain", "Logging", "Postgres"],
        "TestKit": [
            "API", "Common", "HTTPTypes", "Logging", "NIOCore", "NIOPosix", "Postgres", "ServiceLifecycle", "Testing",
        ],
    ]

    /// Beside these a daemon gets at HTTP through `ServiceKit` only.
    static let daemons: [String: Set<String>] = [
        "echo-agent-svc": ["API", "Common", "HTTPTypes", "Logging", "ServiceKit", "ServiceLifecycle"],
        "engine-svc": ["AgentRuntime", "Common", "Domain", "Logging", "ServiceKit", "ServiceLifecycle"],
        "logging-svc": [
            "API", "Common", "Domain", "HTTPTypes", "Logging", "Postgres", "ServiceKit", "ServiceLifecycle", "Store",
        ],
        "orchestrator-svc": [
            "API", "AgentRuntime", "ArgumentParser", "Common", "Crypto", "Domain", "HTTPTypes", "Logging",
            "Orchestration", "Postgres", "Redis", "ServiceKit", "ServiceLifecycle", "Store",
        ],
        "renderctl-svc": [
            "API", "Blueprints", "Common", "Crypto", "Domain", "HTTPTypes", "Logging", "Postgres", "Render",
            "RenderMonitor", "RenderPlans", "ServiceKit", "ServiceLifecycle", "Store",
        ],
    ]

    @Test func `every library and every daemon has a row in the table`() throws {
        #expect(try Repository.folders(in: "Sources") == Self.libraries.keys.sorted())
        #expect(try Repository.folders(in: "services") == Self.daemons.keys.sorted())
    }

    @Test(arguments: ["Sources", "services"])
    func `modules import only what their row allows`(folder: String) throws {
        let table = folder == "Sources" ? Self.libraries : Self.daemons
        let findings = try Repository.swiftFiles(folder).flatMap { file in
            let allowed = Self.everywhere.union(table[file.module] ?? [])
            return imports(of: file).filter { !allowed.contains($0) }.map { "\(file.path) imports \($0)" }
        }
        expectNone(findings, "imports that the table does not allow")
    }

    @Test func `the allowed imports form no circle`() {
        var floors: [String: Int] = [:]
        func floor(_ module: String, below path: [String]) -> Int {
            if let known = floors[module] { return known }
            guard !path.contains(module) else {
                Issue.record("a circle: \((path + [module]).joined(separator: " → "))")
                return 0
            }
            let ours = (Self.libraries[module] ?? []).filter { Self.libraries[$0] != nil }
            let height = 1 + (ours.map { floor($0, below: path + [module]) }.max() ?? 0)
            floors[module] = height
            return height
        }
        for module in Self.libraries.keys.sorted() { _ = floor(module, below: []) }
        #expect(floors.count == Self.libraries.count)
    }

    @Test func `nothing is imported for others, or past its access level`() throws {
        let findings = try Repository.swiftFiles("Sources", "services", "Tests").flatMap { file in
            importLines(of: file).filter { $0.contains(/@_exported|@testable/) }.map { "\(file.path): \($0)" }
        }
        expectNone(findings, "an import that re-exports, or that a release build does not offer")
    }

    private func importLines(of file: Repository.File) -> [Substring] {
        let line = /^\s*(@\w+(\([^)]*\))?\s+)*((package|internal|private|fileprivate|public)\s+)?import\s/
        return file.code.filter { $0.utf8.contains("import ".utf8) && $0.contains(line) }
    }

    /// The modules named, whether whole or by one declaration of theirs.
    private func imports(of file: Repository.File) -> [String] {
        let module = /import\s+((struct|enum|class|func|protocol|typealias|let|var)\s+)?(\w+)/
        return importLines(of: file).compactMap { $0.firstMatch(of: module).map { String($0.3) } }
    }
}
