// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit
import Testing

/// Every route of every daemon, as its own OpenAPI document lists them, from outside.
@Suite(.daemonLogs) struct AccessTests {
    private struct Operation {
        let method: String
        let path: String
        let audiences: Set<String>

        var name: String { "\(method) \(path)" }
        var isPublic: Bool { audiences.contains("public") }
        /// Whether what is sent proves by itself where it comes from: by a signature, or a password.
        var isSigned: Bool { isPublic && method == "POST" }
    }

    /// Wrong credentials are counted by address, and these knocks are not to be counted together.
    private static let addresses = Atomic<Int>(0)
    private static func address() -> String {
        let number = addresses.add(1, ordering: .relaxed).newValue
        return "127.1.\(number / 250).\(number % 250 + 1)"
    }

    private func withDaemons(_ body: (Tutti, [DaemonProcess]) async throws -> Void) async throws {
        try await Tutti.with([.logging, .echo]) { tutti in
            let renderctl = try await tutti.stack.start(.renderctl)
            let engine = try await tutti.stack.start(.engine)
            try await body(tutti, [tutti.logging, tutti.orchestrator, tutti.echo, renderctl, engine])
        }
    }

    private func operations(of daemon: DaemonProcess) async throws -> [Operation] {
        let document = try await daemon.person.get("/openapi.json").json
        let paths = try #require(document["paths"]?.object)
        return paths.members.flatMap { path, item in
            (item.object?.members ?? []).map { method, operation in
                Operation(
                    method: method.uppercased(), path: path.replacing(#/\{[^}]*\}/#) { _ in "x" },
                    audiences: Set((operation["x-audiences"]?.array ?? []).compactMap(\.string)))
            }
        }
    }

    @Test func `no route lets anybody in who may not come in`() async throws {
        try await withDaemons { tutti, daemons in
            for daemon in daemons {
                let operations = try await operations(of: daemon)
                #expect(operations.count >= 5)
                let isOrchestrator = daemon.name == tutti.orchestrator.name
                #expect(
                    operations.filter { $0.isPublic && !$0.isSigned }.map(\.path)
                        == ["/health", "/ready"] + (isOrchestrator ? ["/v1/session"] : []))
                #expect(
                    operations.filter(\.isSigned).map(\.path) == (isOrchestrator ? ["/v1/hooks/x", "/v1/session"] : []))
                for operation in operations { try await knock(operation, daemon) }
            }
        }
    }

    private func knock(_ operation: Operation, _ daemon: DaemonProcess) async throws {
        let wrong: [(who: String, header: (name: String, value: String))] = [
            ("a wrong password", ("Authorization", BasicCredentials.header(user: "admin", password: Secret("wrong")))),
            ("a wrong key", ("X-INTERNAL-KEY", String(repeating: "w", count: 48))),
            ("a wrong token", ("Authorization", "Bearer wrong")),
        ]
        func status(_ client: PlainHTTPClient) async throws -> Int {
            let answer = try await client.from(Self.address()).send(operation.method, operation.path)
            if answer.status == 401 { #expect(answer.header("WWW-Authenticate") != nil) }
            if answer.status >= 400 {
                #expect(answer.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            }
            return answer.status
        }
        let place = "\(operation.name) of \(daemon.name)"
        if operation.isSigned {
            // Not even with credentials: they are no signature, and no sign-in.
            for client in [daemon.anybody, daemon.person, daemon.peer] {
                #expect((400..<500).contains(try await status(client)), "\(place) without a signature")
            }
            return
        }
        if operation.isPublic {
            #expect(try await status(daemon.anybody) == 200, "\(place) is for everybody")
            return
        }
        #expect(try await status(daemon.anybody) == 401, "\(place) without credentials")
        for (who, header) in wrong {
            #expect(try await status(daemon.anybody.with(header.name, header.value)) == 401, "\(place) with \(who)")
        }
        if !operation.audiences.contains("human") {
            #expect(try await status(daemon.person) == 403, "\(place) as a person")
        }
        if !operation.audiences.contains("internal") {
            #expect(try await status(daemon.peer) == 403, "\(place) as a daemon")
        }
    }

    @Test func `a method that a path does not have is 405, a path that is not there 404`() async throws {
        try await withDaemons { _, daemons in
            for daemon in daemons {
                let methods = Dictionary(grouping: try await operations(of: daemon), by: \.path)
                    .mapValues { Set($0.map(\.method)) }
                for (path, allowed) in methods {
                    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] where !allowed.contains(method) {
                        let answer = try await daemon.person.send(method, path)
                        #expect(answer.status == 405, "\(method) \(path) of \(daemon.name)")
                        let named = (answer.header("Allow") ?? "").split(separator: ",").map {
                            String($0.trimmingPrefix(" "))
                        }
                        #expect(allowed.isSubset(of: named), "\(method) \(path) of \(daemon.name): \(named)")
                    }
                }
                for path in ["/nowhere", "/task", "/tasks/x/y", "//health", "/health/", "/../health"]
                where methods[path] == nil {
                    let answer = try await daemon.person.get(path)
                    #expect(answer.status == 404, "\(path) of \(daemon.name)")
                    #expect(answer.header("Content-Type")?.hasPrefix("application/problem+json") == true)
                    #expect(answer.json["status"] == 404)
                }
            }
        }
    }

    @Test func `who guesses has to wait, and nobody else`() async throws {
        try await withDaemons { _, daemons in
            for daemon in daemons {
                let guesser = daemon.anybody.from("127.9.9.9")
                var statuses: [Int] = []
                for number in 0..<15 {
                    let header = BasicCredentials.header(user: "admin", password: Secret("guess-\(number)"))
                    let answer = try await guesser.with("Authorization", header).get("/metrics")
                    if answer.status == 429 { #expect(answer.header("Retry-After").flatMap { Int($0) } ?? 0 > 0) }
                    statuses.append(answer.status)
                }
                #expect(statuses == Array(repeating: 401, count: 10) + Array(repeating: 429, count: 5))
                #expect(try await daemon.person.from("127.9.9.9").get("/metrics").status == 429, "even when right")
                #expect(try await daemon.person.from("127.9.9.8").get("/metrics").status == 200)
                #expect(try await daemon.peer.from("127.9.9.9").get("/metrics").status == 200, "keys are counted apart")
                #expect(try await guesser.get("/health").status == 200)
            }
        }
    }
}
