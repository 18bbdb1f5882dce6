// SPDX-License-Identifier: Apache-2.0

import Common
import ServiceKit
import TestKit
import Testing

@Suite struct RequestTests {
    @Test func `an answer is what the endpoint declares`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let made = try await daemon.client.send(
                "POST", "/notes", headers: [TestDaemon.person], body: #"{"title":"milk","count":2}"#)
            #expect(made.status == 201)
            #expect(made.body == #"{"title":"milk","count":2,"author":"user:admin"}"#)
            #expect(made.header("Content-Type") == "application/json")
            #expect(made.header("Location") == "/notes/milk")
            let again = try await daemon.client.send(
                "POST", "/notes", headers: [TestDaemon.person], body: #"{"title":"milk","count":0}"#)
            #expect(again.status == 200)
            let found = try await daemon.client.send("GET", "/notes/a%20b?loud=true", headers: [TestDaemon.person])
            #expect(found.json["title"] == "A B")
            let gone = try await daemon.client.send("DELETE", "/notes/milk", headers: [TestDaemon.person])
            #expect(gone.status == 204)
            #expect(gone.body.isEmpty)
            let lines = try await daemon.client.send(
                "POST", "/lines", headers: [TestDaemon.person], body: "1\n2\n3\n", contentType: "application/x-ndjson")
            #expect(lines.json["count"] == 3)
        }
    }

    @Test func `every failure is problem json with its own status`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let person = TestDaemon.person
            let client = daemon.client
            func check(_ answer: HTTPTestClient.Answer, _ status: Int, _ code: String) {
                #expect(answer.status == status)
                #expect(answer.header("Content-Type") == "application/problem+json")
                #expect(answer.json["status"]?.int == status)
                #expect(answer.json["code"]?.string == code)
                #expect(answer.json["request_id"]?.string == answer.header("X-Request-Id"))
            }
            check(try await client.send("GET", "/nothing"), 404, "not_found")
            check(try await client.send("GET", "/notes//x", headers: [person]), 404, "not_found")
            check(try await client.send("GET", "/notes/nowhere", headers: [person]), 404, "not_found")
            check(try await client.send("GET", "/notes/%ff", headers: [person]), 400, "invalid")
            check(try await client.send("GET", "/notes/a?loud=%zz", headers: [person]), 400, "invalid")
            check(try await client.send("POST", "/notes", headers: [person], body: "{"), 400, "malformed_json")
            check(try await client.send("POST", "/notes", headers: [person], body: "[]"), 400, "invalid")
            check(try await client.send("POST", "/notes", headers: [person]), 400, "invalid")
            let wrongMethod = try await client.send("PATCH", "/notes/a", headers: [person])
            check(wrongMethod, 405, "method_not_allowed")
            #expect(wrongMethod.header("Allow") == "DELETE, GET, HEAD, OPTIONS")
            let form = try await client.send(
                "POST", "/notes", headers: [person], body: "a=b", contentType: "application/x-www-form-urlencoded")
            check(form, 415, "unsupported_media")
            let bare = try await client.send("POST", "/notes", headers: [person], body: "{}", contentType: nil)
            check(bare, 415, "unsupported_media")
        }
    }

    @Test func `bad input names every member at once`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send(
                "POST", "/notes?dry=1", headers: [TestDaemon.person], body: #"{"count":10,"colour":"red"}"#)
            #expect(answer.status == 400)
            let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
            #expect(Set(fields) == ["/title", "/count", "/colour", "dry"])
        }
    }

    @Test func `a body over the limit is refused, declared or not, and the connection is closed`() async throws {
        try await TestDaemon.runNotes(environment: ["MAX_BODY_BYTES": "1024"]) { daemon, _ in
            let large = #"{"title":""# + String(repeating: "a", count: 5000) + "\"}"
            let declared = try await daemon.client.send("POST", "/notes", headers: [TestDaemon.person], body: large)
            #expect(declared.status == 413)
            try await daemon.client.withConnection { connection in
                let head = HTTPTestClient.request(
                    "POST", "/notes", port: daemon.client.port,
                    headers: [
                        TestDaemon.person, ("Transfer-Encoding", "chunked"), ("Content-Type", "application/json"),
                    ])
                let size = String(large.utf8.count, radix: 16)
                try await connection.write(head + "\(size)\r\n\(large)\r\n0\r\n\r\n")
                let answer = try await connection.answer()
                #expect(answer.status == 413)
                #expect(answer.header("Connection") == "close")
            }
            // A client that asks first never sends what would not be read.
            try await daemon.client.withConnection { connection in
                try await connection.write(
                    "POST /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(TestDaemon.person.1)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await connection.answer().status == 413)
                await connection.end()
            }
        }
    }

    @Test func `a client that asks for leave to send its body gets it`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            try await daemon.client.withConnection { connection in
                try await connection.write(
                    "POST /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: \(TestDaemon.person.1)\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 100"))
                try await connection.write(#"{"title":"a"}"#)
                #expect(try await connection.answer().status == 201)
            }
        }
    }

    @Test func `a request that takes too long is cancelled and told so`() async throws {
        try await TestDaemon.runNotes(environment: ["REQUEST_TIMEOUT_SECONDS": "1"]) { daemon, stage in
            let answer = try await daemon.client.send("GET", "/wait", headers: [TestDaemon.person])
            #expect(answer.status == 504)
            #expect(answer.json["code"] == "timeout")
            #expect(stage.wasCancelled.isUp)
        }
    }

    @Test func `a failure shows nothing of its cause, and the log shows the whole chain`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send("GET", "/crash", headers: [TestDaemon.person])
            #expect(answer.status == 500)
            #expect(!answer.body.contains("disk 7"))
            let line = try #require(daemon.lines.first { $0["error"] != nil })
            #expect(line["error"]?.array?.count == 3)
            #expect(line["error"]?.array?[1].string?.contains("disk 7 is full") == true)
            #expect(line["request_id"]?.string == answer.header("X-Request-Id"))
            #expect(line["trace_id"]?.string?.count == 32)
        }
    }

    @Test func `a handler is cancelled when its caller hangs up`() async throws {
        try await TestDaemon.runNotes { daemon, stage in
            try await daemon.client.withConnection { connection in
                try await connection.write(
                    HTTPTestClient.request("GET", "/wait", port: daemon.client.port, headers: [TestDaemon.person]))
                try await eventually { stage.isEntered.isUp }
            }
            try await eventually { stage.wasCancelled.isUp }
        }
    }

    @Test func `one connection serves request after request, also behind refused bodies`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let port = daemon.client.port
            try await daemon.client.withConnection { connection in
                for _ in 0..<3 {
                    try await connection.write(
                        HTTPTestClient.request("POST", "/notes", port: port, body: #"{"title":"a"}"#))
                    #expect(try await connection.answer().status == 401)
                    try await connection.write(
                        HTTPTestClient.request(
                            "POST", "/notes", port: port, headers: [TestDaemon.person], body: #"{"title":"a"}"#))
                    #expect(try await connection.answer().status == 201)
                }
            }
        }
    }

    @Test func `HEAD is GET without the body`() async throws {
        try await TestDaemon.runNotes { daemon, _ in
            let answer = try await daemon.client.send("HEAD", "/notes/abc", headers: [TestDaemon.person])
            #expect(answer.status == 200)
            #expect(answer.header("Content-Length") == "38")
            let stream = try await daemon.client.send("HEAD", "/stream", headers: [TestDaemon.person])
            #expect(stream.status == 200)
        }
    }
}
