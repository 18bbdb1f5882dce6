// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import ServiceKit
import TestKit
import Testing

@Suite struct TraceAndLogTests {
    @Test func `a client that goes away in the middle of its body is no failure of ours`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let head = "POST /notes HTTP/1.1\r\nHost: t\r\n\(TestDaemon.person.0): \(TestDaemon.person.1)\r\n"
            let rest = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"title\":"
            try await daemon.client.withConnection { try await $0.write(head + rest) }
            let line = try await eventually { daemon.lines.last { $0["message"] == "request" } }
            #expect(line["status"]?.int != 500, "\(line)")
            #expect(!daemon.lines.contains { $0["level"] == "error" }, "\(daemon.lines)")
        }
    }

    @Test func `ids are taken over when they are sound, else made`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let given = try await daemon.client.send(
                "GET", "/notes/nowhere",
                headers: [
                    TestDaemon.person, ("traceparent", "00-\(trace)-b7ad6b7169203331-01"), ("X-Request-Id", "mine-1"),
                    ("X-Correlation-Id", "order-7"),
                ])
            #expect(given.header("X-Request-Id") == "mine-1")
            #expect(given.json["trace_id"]?.string == trace)
            #expect(given.header("traceresponse")?.hasPrefix("00-\(trace)-") == true)
            // The line is written once the answer is out, so the client may be quicker.
            let line = try await eventually(within: .seconds(10)) {
                daemon.lines.last { $0["message"] == "request" }
            }
            #expect(line["trace_id"]?.string == trace)
            #expect(line["request_id"] == "mine-1")
            #expect(line["correlation_id"] == "order-7")
            let broken = try await daemon.client.send(
                "GET", "/notes/nowhere",
                headers: [
                    TestDaemon.person, ("traceparent", "00-\(trace)-0000000000000000-01"), ("X-Request-Id", "a b"),
                ])
            #expect(broken.json["trace_id"]?.string != trace)
            #expect(broken.header("X-Request-Id")?.count == 16)
        }
    }

    @Test func `a request is one line with its template, and no query string`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            _ = try await daemon.client.send("GET", "/notes/private?loud=true", headers: [TestDaemon.person])
            _ = try await daemon.client.send(
                "GET", "/notes/private?auth=\(TestDaemon.password.split(separator: " ")[1])")
            let requests = try await eventually(within: .seconds(10)) {
                let requests = daemon.lines.filter { $0["message"] == "request" }
                return requests.count >= 2 ? requests : nil
            }
            let first = try #require(requests.first)
            #expect(first["route"] == "/notes/{name}")
            #expect(first["status"] == 200)
            #expect(first["principal"] == "user:admin")
            #expect(first["method"] == "GET")
            #expect(first["duration_us"]?.int ?? -1 >= 0)
            #expect(
                !daemon.sink.lines.contains { $0.contains("loud") || $0.contains("private") || $0.contains("auth=") })
        }
    }

    @Test func `answers carry the headers that keep browsers safe`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send("GET", "/health")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Cache-Control") == "no-store")
            #expect(answer.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
            #expect(answer.header("Date")?.hasSuffix(" GMT") == true)
        }
    }

    @Test func `a secret is never written, wherever it comes from`() {
        let sink = LogSink.memory(redacting: Redactor([Secret("hunter2hunter2")]))
        var logger = Logger(label: "test") { JSONLogHandler(label: $0, service: "s", level: .info, sink: sink) }
        logger[metadataKey: "url"] = "postgres://u:hunter2hunter2@h/db"
        logger.warning(
            "hunter2hunter2", error: Problem(.internal, "no hunter2hunter2"), metadata: ["a": ["hunter2hunter2"]])
        logger.info("secret", metadata: ["kept": .stringConvertible(Secret("x"))])
        #expect(sink.lines.count == 2)
        #expect(!sink.lines.contains { $0.contains("hunter2") })
        #expect(sink.lines[1].contains("••••"))
    }

    @Test func `a line is JSON with the ids of the task's trace`() throws {
        let sink = LogSink.memory()
        let logger = Logger(label: "part") { JSONLogHandler(label: $0, service: "s", level: .info, sink: sink) }
        var trace = TraceContext.makeRoot()
        trace.correlationID = "c"
        TraceContext.$current.withValue(trace) {
            logger.info("line\nbreak \u{1}", metadata: ["n": .stringConvertible(1), "time": "not this"])
        }
        logger.debug("too fine")
        let line = try JSONValue.parse(try #require(sink.lines.first))
        #expect(sink.lines.count == 1)
        #expect(line["message"] == "line\nbreak \u{1}")
        #expect(line["trace_id"]?.string == trace.traceID)
        #expect(line["correlation_id"] == "c")
        #expect(line["logger"] == "part")
        #expect(line["time"]?.string.flatMap { Timestamp($0) } != nil)
    }
}
