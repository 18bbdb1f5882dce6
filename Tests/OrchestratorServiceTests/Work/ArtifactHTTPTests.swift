// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Orchestration
import Postgres
import TestKit
import Testing

@Suite struct ArtifactHTTPTests {
    private let nothing = "art_01ARZ3NDEKTSV4RRFFQ69G5FAV"

    private func sha256(_ bytes: [UInt8]) -> String { Hex.text(ArtifactContent(bytes).hash) }

    private func upload(
        _ client: PlainHTTPClient, _ step: String, _ query: String, _ bytes: [UInt8],
        mediaType: String = "application/octet-stream"
    ) async throws -> PlainHTTPClient.Answer {
        try await client.send("POST", "/v1/steps/\(step)/artifacts/upload?\(query)", body: bytes, mediaType: mediaType)
    }

    @Test func `text, JSON and addresses are kept and come back as they were`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let path = "/v1/steps/\(try await work.step(of: run))/artifacts"
            let long = String(repeating: "ü", count: 3000)
            let cases: [(JSONValue, type: String, bytes: [UInt8])] = [
                (
                    ["name": "a.txt", "kind": "text", "content": "é\u{1}"], "text/plain; charset=utf-8",
                    Array("é\u{1}".utf8)
                ),
                (
                    ["name": "long", "kind": "text", "content": .string(long)], "text/plain; charset=utf-8",
                    Array(long.utf8)
                ),
                (
                    ["name": "p", "kind": "text", "content": "<script>", "media_type": "text/html"],
                    "text/html; charset=utf-8", Array("<script>".utf8)
                ),
                (
                    ["name": "j", "kind": "json", "content": ["b": 1, "a": [2.5]]], "application/json",
                    Array(#"{"b":1,"a":[2.5]}"#.utf8)
                ),
                (["name": "n", "kind": "json", "content": .null], "application/json", Array("null".utf8)),
            ]
            for (body, type, bytes) in cases {
                let artifact = try await holder.post(path, body).object(201)
                let id = try #require(artifact["artifact_id"]?.string)
                #expect(artifact["size"]?.int == bytes.count && artifact["sha256"]?.string == sha256(bytes))
                #expect(try await work.person.get("/v1/artifacts/\(id)").object(200) == artifact)
                let content = try await work.person.get("/v1/artifacts/\(id)/content")
                #expect(content.status == 200 && content.body == bytes && content.header("Content-Type") == type)
            }
            let uri = "s3://bucket/some/key?version=1"
            let address = try await holder.post(path, ["name": "u", "kind": "uri", "content": .string(uri)]).object(201)
            #expect(address["uri"]?.string == uri && address["size"] == .null && address["media_type"] == .null)
            let elsewhere = try await work.person.get("/v1/artifacts/\(address["artifact_id"]?.string ?? "")/content")
            elsewhere.expectRefusal(404, code: "content_elsewhere")
            #expect(elsewhere.json["uri"]?.string == uri)
        }
    }

    @Test func `an upload is checked against its hash and stored once`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for hash in [sha256(bytes), sha256(bytes).uppercased()] {
                let answer = try await upload(
                    holder.with("X-Content-SHA256", hash), step, "name=x.png&media_type=image/png", bytes)
                let artifact = try answer.object(201)
                #expect(artifact["kind"] == "binary" && artifact["media_type"] == "image/png")
                #expect(artifact["size"] == 300_000 && artifact["sha256"]?.string == sha256(bytes))
                let id = artifact["artifact_id"]?.string ?? ""
                let content = try await work.person.get("/v1/artifacts/\(id)/content")
                #expect(content.body == bytes && content.header("Content-Length") == "300000")
            }
            let blobs = try await work.pool.query("SELECT count(*) AS n FROM artifact_blobs")
            #expect(try blobs.first?.value("n", as: Int.self) == 1)
            let wrong = holder.with("X-Content-SHA256", sha256([1]))
            try await upload(wrong, step, "name=x", bytes).expectRefusal(400, fields: ["X-Content-SHA256"])
            try await upload(holder.with("X-Content-SHA256", "x"), step, "name=x", bytes)
                .expectRefusal(400, fields: ["X-Content-SHA256"])
            let empty = try await upload(holder, step, "name=empty", []).object(201)
            #expect(empty["size"] == 0 && empty["media_type"] == "application/octet-stream")
            #expect(try await work.walk("/v1/artifacts", "artifact_id", limit: 2).count == 3)
        }
    }

    @Test func `uploads have a limit of their own`() async throws {
        try await WorkHTTPFixture.with(settings: ["ARTIFACT_MAX_BYTES": "2000000"]) { work in
            let run = try await work.claim()
            let step = try await work.step(of: run)
            let holder = work.holder(of: run)
            let most = [UInt8](repeating: 7, count: 2_000_000)
            try await upload(holder, step, "name=most", most).expectStatus(201)
            let waiting = holder.with("Expect", "100-continue")
            #expect(try await upload(waiting, step, "name=more", most + [7]).status == 413)
            #expect(try await upload(holder, step, "name=more", most + [7]).status == 413)
            let text: JSONValue = [
                "name": "t", "kind": "text", "content": .string(String(repeating: "x", count: 1_100_000)),
            ]
            #expect(try await holder.post("/v1/steps/\(step)/artifacts", text).status == 413)
            #expect(try await work.walk("/v1/artifacts?step_id=\(step)", "name", limit: 10) == ["most"])
        }
    }

    @Test func `a download can be no page of ours, and is not sent twice`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let bytes = Array("<script>alert(1)</script>".utf8)
            let answer = try await upload(
                holder, step, "name=..%2F%22%C3%A9%22%5Cx%0D%0A.html&media_type=text/html", bytes)
            let id = try #require(try answer.object(201)["artifact_id"]?.string)
            let path = "/v1/artifacts/\(id)/content"
            let content = try await work.person.get(path)
            #expect(content.header("X-Content-Type-Options") == "nosniff")
            #expect(content.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
            #expect(content.header("Content-Type") == "text/html" && content.header("Content-Length") == "25")
            #expect(content.header("ETag") == "\"\(sha256(bytes))\"")
            #expect(
                content.header("Content-Disposition")
                    == "attachment; filename=\"_._____x__.html\"; filename*=UTF-8''_._%22%C3%A9%22_x__.html")
            let head = try await work.person.send("HEAD", path)
            #expect(head.status == 200 && head.header("ETag") == content.header("ETag") && head.body.isEmpty)
            let known = try await work.person.with("If-None-Match", "\"\(sha256(bytes))\"").get(path)
            #expect(known.status == 304 && known.body.isEmpty && known.header("ETag") == content.header("ETag"))
            #expect(try await work.person.with("If-None-Match", "\"x\"").get(path).body == bytes)
        }
    }

    @Test func `bad input names the member, and what is not there is 404`() async throws {
        try await WorkHTTPFixture.with { work in
            let run = try await work.claim()
            let holder = work.holder(of: run)
            let step = try await work.step(of: run)
            let path = "/v1/steps/\(step)/artifacts"
            try await holder.post(path, [:]).expectRefusal(400, fields: ["/name", "/kind", "/content"])
            try await holder.post(path, ["name": "a", "kind": "binary", "content": ""]).expectRefusal(
                400, fields: ["/kind"])
            try await holder.post(path, ["name": "a", "kind": "text", "content": 1]).expectRefusal(
                400, fields: ["/content"])
            for uri in [
                "javascript:alert(1)", "data:text/html,x", "ftp://x/y", "//x/y", "https://user:pass@x/",
                "file://host/x",
                "https://", "http://a b/", "https://x/\u{e9}", "",
            ] {
                try await holder.post(path, ["name": "a", "kind": "uri", "content": .string(uri)])
                    .expectRefusal(400, fields: ["/content"])
            }
            for type in ["html", "text/html\r\nX: y", "a/b; q=1", "/", "text/html; charset=", "a/b/c"] {
                try await holder.post(path, ["name": "a", "kind": "text", "content": "", "media_type": .string(type)])
                    .expectRefusal(400, fields: ["/media_type"])
            }
            try await upload(holder, step, "", [1]).expectRefusal(400, fields: ["name"])
            try await upload(holder, step, "name=&media_type=x", [1]).expectRefusal(
                400, fields: ["name", "media_type"])
            try await upload(work.worker, step, "name=a", [1]).expectRefusal(400, fields: ["X-Lease-Token"])
            try await upload(holder, step, "name=a", [1], mediaType: "image/png").expectRefusal(415)
            let other = "step_01ARZ3NDEKTSV4RRFFQ69G5FAV"
            try await upload(holder, other, "name=a", [1]).expectRefusal(404)
            try await holder.post("/v1/steps/\(other)/artifacts", ["name": "a", "kind": "json", "content": 1])
                .expectRefusal(404)
            try await work.person.get("/v1/artifacts/\(nothing)").expectRefusal(404)
            try await work.person.get("/v1/artifacts/\(nothing)/content").expectRefusal(404)
            try await work.person.get("/v1/artifacts/x").expectRefusal(400, fields: ["artifact_id"])
            #expect(try await work.worker.get("/v1/artifacts/\(nothing)").status == 403)
            #expect(try await work.walk("/v1/artifacts", "artifact_id", limit: 10) == [])
        }
    }

    @Test func `a stale lease is 409, and lists are read page by page`() async throws {
        try await WorkHTTPFixture.with { work in
            var all: [String] = []
            for _ in 0..<2 {
                let run = try await work.claim()
                let holder = work.holder(of: run)
                let step = try await work.step(of: run)
                var mine: [String] = []
                for index in 0..<4 {
                    let body: JSONValue = [
                        "name": .string("a\(index)"), "kind": "json", "content": .string("\(index)"),
                    ]
                    let answer = try await holder.post("/v1/steps/\(step)/artifacts", body)
                    mine.insert(try answer.object(201)["artifact_id"]?.string ?? "", at: 0)
                }
                all = mine + all
                #expect(try await work.walk("/v1/artifacts?run_id=\(run.lease.runID)", "artifact_id", limit: 3) == mine)
                #expect(try await work.walk("/v1/artifacts?step_id=\(step)", "artifact_id", limit: 4) == mine)
                try await work.finish(run)
                try await upload(holder, step, "name=late", [1]).expectRefusal(409, code: "stale_lease")
                try await holder.post("/v1/steps/\(step)/artifacts", ["name": "a", "kind": "json", "content": 1])
                    .expectRefusal(409, code: "stale_lease")
            }
            for limit in [1, 3, 100] {
                #expect(try await work.walk("/v1/artifacts", "artifact_id", limit: limit) == all)
            }
        }
    }
}
