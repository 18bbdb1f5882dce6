// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit
import Testing

@Suite struct StandardRouteTests {
    @Test func `health says that the process lives`() async throws {
        try await TestDaemon.run { daemon in
            let answer = try await daemon.client.send("GET", "/health")
            #expect(answer.status == 200)
            #expect(answer.json["status"] == "ok")
            #expect(answer.json["service"] == "echo-agent-svc")
        }
    }

    @Test func `ready names what is missing, without what libraries say about it`() async throws {
        struct Refused: Error { let address = "10.1.2.3:5432" }
        try await TestDaemon.run(wire: { daemon in
            daemon.require("postgres") { throw Refused() }
            daemon.require("disk") {}
        }) { daemon in
            let answer = try await daemon.client.send("GET", "/ready")
            #expect(answer.status == 503)
            #expect(answer.json["ready"] == false)
            #expect(answer.json["checks"]?.array?.count == 2)
            #expect(answer.json["checks"]?.array?[0]["detail"] == "Cannot be reached.")
            #expect(answer.json["checks"]?.array?[1]["ready"] == true)
            #expect(!answer.body.contains("10.1.2.3"))
        }
        try await TestDaemon.run(wire: { $0.require("disk") {} }) { daemon in
            let answer = try await daemon.client.send("GET", "/ready")
            #expect(answer.status == 200)
            #expect(
                answer.body == #"{"ready":true,"checks":[{"name":"disk","ready":true,"required":true,"detail":null}]}"#)
        }
    }

    @Test func `a dependency that is only watched is shown, and the daemon is ready without it`() async throws {
        try await TestDaemon.run(wire: { daemon in
            daemon.require("postgres") {}
            daemon.watch("redis") { throw Problem(.unavailable, "Out of reach.") }
        }) { daemon in
            let answer = try await daemon.client.send("GET", "/ready")
            #expect(answer.status == 200)
            #expect(answer.json["ready"] == true)
            #expect(
                answer.json["checks"]?.array?[1]
                    == ["name": "redis", "ready": false, "required": false, "detail": "Out of reach."])
            // Whoever loses it says so once; a probe every second would say it every second.
            let lines = daemon.lines.filter { $0["dependency"] == "redis" }
            #expect(lines.allSatisfy { $0["level"] == "debug" })
        }
        try await TestDaemon.run(wire: { daemon in
            daemon.require("postgres") { throw Problem(.unavailable, "Gone.") }
            daemon.watch("redis") {}
        }) { daemon in
            let answer = try await daemon.client.send("GET", "/ready")
            #expect(answer.status == 503)
        }
    }

    @Test func `a dependency that hangs is given up`() async throws {
        try await TestDaemon.run(wire: { daemon in
            daemon.require("postgres") { for await _ in AsyncStream<Void>.makeStream().stream {} }
            daemon.require("stuck") { try await ContinuousClock().sleep(for: .seconds(3600)) }
        }) { daemon in
            let answer = try await daemon.client.send("GET", "/ready")
            #expect(answer.status == 503)
            #expect(answer.json["checks"]?.array?[1]["detail"] == "Did not answer within two seconds.")
        }
    }

    @Test func `the configuration is reported without its secrets`() async throws {
        try await TestDaemon.run { daemon in
            let answer = try await daemon.client.send("GET", "/config/validate", headers: [TestDaemon.person])
            #expect(answer.status == 200)
            #expect(answer.json["valid"] == true)
            #expect(answer.json == daemon.daemon.configuration.report.json)
            #expect(!answer.body.contains(TestDaemon.password) && !answer.body.contains(TestDaemon.key))
        }
    }

    @Test func `the four golden signals are counted by route`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            _ = try await daemon.client.send("GET", "/notes/a", headers: [TestDaemon.person])
            _ = try await daemon.client.send("GET", "/notes/b", headers: [TestDaemon.person])
            _ = try await daemon.client.send("GET", "/notes/b")
            _ = try await daemon.client.send("GET", "/crash", headers: [TestDaemon.person])
            _ = try await daemon.client.send("GET", "/no/such/path/7")
            let answer = try await daemon.client.send("GET", "/metrics", headers: [TestDaemon.service])
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let labels = #"method="GET",route="/notes/{name}""#
            for line in [
                #"http_requests_total{\#(labels),status="2xx"} 2"#, #"http_requests_total{\#(labels),status="4xx"} 1"#,
                #"http_request_errors_total{method="GET",route="/crash"} 1"#,
                #"http_request_duration_seconds_count{\#(labels)} 3"#,
                #"http_request_duration_seconds_bucket{\#(labels),le="+Inf"} 3"#,
                #"http_requests_in_flight{method="GET",route="/metrics"} 1"#,
                #"http_requests_total{method="any",route="none",status="4xx"} 1"#,
                "# TYPE http_request_duration_seconds histogram",
            ] {
                #expect(answer.body.contains(line + "\n"), "\(line)")
            }
            #expect(!answer.body.contains("/no/such"))
        }
    }

    @Test func `the document lists every route with every answer it may give`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send("GET", "/openapi.json", headers: [TestDaemon.person])
            #expect(answer.json["openapi"] == "3.1.0")
            for endpoint in daemon.daemon.router.catalogue {
                let path = answer.json["paths"]?[endpoint.path.description]
                let operation = try #require(path?[endpoint.method.rawValue.lowercased()])
                #expect(operation["operationId"]?.string == endpoint.id)
                for kind in endpoint.allProblems {
                    #expect(operation["responses"]?[String(kind.status)] != nil, "\(endpoint.id) \(kind)")
                }
            }
        }
    }
}
