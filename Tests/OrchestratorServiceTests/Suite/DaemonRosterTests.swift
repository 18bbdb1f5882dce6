// SPDX-License-Identifier: Apache-2.0

import Common
import TestKit
import Testing
import orchestrator_svc

/// How the daemons of the suite are shown.
@Suite struct DaemonRosterTests {
    private func daemons(_ client: PlainHTTPClient) async throws -> [JSONValue] {
        let answer = try await client.asPerson.get("/v1/daemons")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["daemons"]?.array ?? []
    }

    @Test func `every daemon tells how it is, and one that hangs holds nobody up`() async throws {
        try await SuiteFixture.withLogging { logging in
            try await BlackholeProxy.with(target: logging) { proxy in
                proxy.drop()
                let peers = [("logging-svc", logging), ("hangs", proxy.port), ("dead", 1), ("hangs-too", proxy.port)]
                try await SuiteFixture.with(logging: logging, peers: peers, patience: .seconds(1)) { client in
                    let start = ContinuousClock.now
                    let rows = try await daemons(client)
                    #expect(start.duration(to: .now) < .seconds(5))
                    #expect(rows.map { $0["name"] } == ["orchestrator-svc", "logging-svc", "hangs", "dead"])
                    #expect(rows.map { $0["reachable"] } == [true, true, false, false])
                    for row in rows.prefix(2) {
                        #expect(row["ready"] == true)
                        #expect(row["checks"]?.array?.count == 1)
                        #expect(row["detail"] == .null)
                        #expect(row["version"]?.string != nil && row["uptime_seconds"]?.int != nil)
                        #expect(row["configuration"]?["valid"] == true)
                        #expect(row["configuration"]?["service"] == row["name"])
                    }
                    for row in rows.suffix(2) {
                        for name in ["ready", "version", "uptime_seconds", "configuration"] {
                            #expect(row[name] == .null)
                        }
                        #expect(row["checks"] == [])
                    }
                    #expect(rows[1]["url"]?.string == "http://127.0.0.1:\(logging)")
                    #expect(rows[2]["detail"] == "hangs did not answer in time.")
                    #expect(rows[3]["detail"] == "dead cannot be reached.")
                }
            }
        }
    }

    @Test func `a daemon's report is what it answers itself, without its secrets`() async throws {
        try await SuiteFixture.withLogging { logging in
            try await SuiteFixture.with(logging: logging, peers: [("logging-svc", logging)]) { client in
                let answer = try await client.asPerson.get("/v1/daemons")
                let direct = try await PlainHTTPClient(port: logging).asPerson.get("/config/validate")
                #expect(answer.json["daemons"]?.array?[1]["configuration"] == direct.json)
                #expect(direct.json["rows"]?.array?.contains { $0["key"] == "INTERNAL_KEY" } == true)
                for secret in [LiveFixture.password, LiveFixture.key, "hidden"] {
                    #expect(!answer.text.contains(secret))
                }
            }
        }
    }

    @Test func `a daemon that is not ready, and one with another key, say what they can`() async throws {
        try await SuiteFixture.withLogging(isReady: false) { sleepy in
            try await SuiteFixture.withLogging(key: "another key of more than 32 characters") { foreign in
                let peers = [("sleepy", sleepy), ("foreign", foreign)]
                try await SuiteFixture.with(logging: sleepy, peers: peers) { client in
                    let rows = try await daemons(client)
                    #expect(rows[1]["reachable"] == true && rows[1]["ready"] == false)
                    #expect(rows[1]["checks"]?.array?.first?["detail"] == "It sleeps.")
                    #expect(rows[1]["configuration"]?["valid"] == true && rows[1]["detail"] == .null)
                    #expect(rows[2]["reachable"] == true && rows[2]["ready"] == true)
                    #expect(rows[2]["configuration"] == .null)
                    #expect(rows[2]["detail"]?.string?.contains("INTERNAL_KEY") == true)
                }
            }
        }
    }

    @Test func `callers who come together share one round`() async throws {
        try await SuiteFixture.withLogging { logging in
            try await BlackholeProxy.with(target: logging) { proxy in
                let peers = [("logging-svc", proxy.port)]
                try await SuiteFixture.with(logging: logging, peers: peers) { client in
                    let times = try await withThrowingTaskGroup(of: String?.self) { group in
                        for _ in 0..<8 {
                            group.addTask { try await daemons(client).last?["checked_at"]?.string }
                        }
                        return try await group.reduce(into: Set<String>()) { times, time in
                            if let time { times.insert(time) }
                        }
                    }
                    #expect(times.count == 1)
                    // Three questions, each over a connection of its own at most.
                    #expect(proxy.connections <= 3)
                }
            }
        }
    }
}
