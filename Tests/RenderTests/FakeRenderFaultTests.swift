// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Foundation
import Synchronization
import TestKit
import Testing

@Suite struct FakeRenderFaultTests {
    @Test func `connections that come in while it ends harm nobody`() async throws {
        try await ConnectionRush.during { rush in
            for _ in 0..<100 {
                try await FakeRender.run { fake in
                    let port = try #require(URL(string: fake.baseURL)?.port)
                    rush(port)
                    _ = try await PlainHTTPClient(port: port).get("/")
                }
            }
        }
    }

    @Test func `a connection is lost before the effect or after it`() async throws {
        try await FakeRenderUser.with { user in
            user.fake.faults.add(.loseBeforeEffect, on: .operation("create-service"))
            await #expect(throws: PlainHTTPClient.NoAnswer.self) { try await user.makeSite("a") }
            #expect(user.fake.services.isEmpty)
            user.fake.faults.add(.loseAfterEffect, on: .route(method: "POST", path: "/services"))
            await #expect(throws: PlainHTTPClient.NoAnswer.self) { try await user.makeSite("a") }
            #expect(user.fake.services.map(\.name) == ["a"])
            _ = try await user.makeSite("b")
            #expect(user.fake.requests.map(\.status) == [nil, nil, 201])
            #expect(user.fake.requests.map(\.wasHandled) == [false, true, true])
            #expect(user.fake.count("create-service") == 3)
            #expect(user.fake.faults.happened == 2)
        }
    }

    @Test func `a request is refused on command, some times and after some that go well`() async throws {
        try await FakeRenderUser.with { user in
            user.fake.faults.add(.answer(status: 503, retryAfter: 4), on: .reads, .times(2, skipping: 1))
            var seen: [Int] = []
            for _ in 0..<4 { seen.append(try await user.get("/owners").status) }
            #expect(seen == [200, 503, 503, 200])
            user.fake.faults.add(.answer(status: 429, retryAfter: 4))
            #expect(try await user.get("/owners").header("Retry-After") == "4")
            user.fake.faults.add(.garbage(status: 502))
            let garbage = try await user.get("/owners")
            #expect(garbage.status == 502 && garbage.json == .null)
        }
    }

    @Test func `random faults are the same again from the same seed`() async throws {
        func run(_ seed: UInt64) async throws -> [Int?] {
            let seen = Mutex<[Int?]>([])
            try await FakeRenderUser.with { user in
                user.fake.faults.add(.random(seed: seed, probability: 0.4))
                for number in 0..<20 { _ = try? await user.makeSite("site-\(number)") }
                seen.withLock { $0 = user.fake.requests.map(\.status) }
            }
            return seen.withLock { $0 }
        }
        let first = try await run(7)
        #expect(try await run(7) == first)
        #expect(try await run(8) != first)
        #expect(first.contains(201) && first.contains { $0 != 201 })
    }

    @Test func `buckets empty, tell when to come again and fill with time, deploys for each service`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeSite("a")
            let other = try await user.makeSite("b")
            user.fake.limit(RateLimits(reads: 3, writes: 2, logs: 1, deploys: 1))
            for left in [2, 1, 0] {
                let answer = try await user.get("/owners")
                #expect(answer.header("Ratelimit-Remaining") == String(left))
            }
            let refused = try await user.get("/owners")
            #expect(refused.status == 429)
            #expect(refused.header("Retry-After") == "20")
            user.fake.pass(.seconds(20))
            #expect(try await user.get("/owners").status == 200)
            #expect(try await user.send("POST", "/services/\(id)/deploys", [:]).status == 201)
            #expect(try await user.send("POST", "/services/\(id)/deploys", [:]).status == 429)
            #expect(try await user.send("POST", "/services/\(other)/deploys", [:]).status == 201)
            let logs = "/logs?ownerId=\(user.fake.ownerID)&resource=\(id)"
            #expect(try await user.get(logs).status == 200)
            #expect(try await user.get(logs).status == 429)
        }
    }

    @Test func `a read shortly after a write may show what was before`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeSite()
            user.fake.lag(reads: 2)
            #expect(try await user.send("PATCH", "/services/\(id)", ["branch": "next"]).json["branch"] == "next")
            var seen: [String?] = []
            for _ in 0..<3 { seen.append(try await user.get("/services/\(id)").json["branch"]?.string) }
            #expect(seen == ["main", "main", "next"])
        }
    }

    @Test func `somebody else can edit in the middle of a request`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer(env: [["key": "A", "value": "1"]])
            let fake = user.fake
            let moments = Mutex<[FakeMoment]>([])
            fake.onRequest { request, moment in
                guard request.operation == "update-env-var" else { return }
                moments.withLock { $0.append(moment) }
                if moment == .afterEffect { fake.setEnv(service: id, "A", "theirs") }
            }
            #expect(try await user.send("PUT", "/services/\(id)/env-vars/A", ["value": "ours"]).json["value"] == "ours")
            #expect(fake.env(service: id)["A"]?.reveal() == "theirs")
            #expect(moments.withLock { $0 } == [.beforeEffect, .afterEffect])
            fake.edit(service: id) { $0.rootDir = "elsewhere" }
            #expect(try await user.get("/services/\(id)").json["rootDir"] == "elsewhere")
            fake.delete(id)
            #expect(try await user.get("/services/\(id)").status == 404)
        }
    }

    @Test func `requests are recorded without secrets unless bodies are asked for`() async throws {
        try await FakeRenderUser.with { user in
            _ = try await user.makeServer(env: [["key": "A", "value": "hush"]])
            #expect(!String(describing: user.fake.requests).contains("hush"))
            #expect(user.fake.requests.first?.body == nil)
        }
        try await FakeRenderUser.with {
            $0.keepsBodies = true
        } _: { user in
            _ = try await user.makeServer(env: [["key": "A", "value": "hush"]])
            #expect(!String(describing: user.fake.requests).contains("hush"))
            #expect(user.fake.requests.first?.body?.reveal()["envVars"]?.array?.count == 1)
        }
    }

    @Test func `faults are commanded over HTTP only when that is allowed`() async throws {
        let fault: JSONValue = ["effect": "answer", "status": 500, "operation": "list-owners"]
        try await FakeRenderUser.with { user in
            let answer = try await user.http.post("/__fake/faults", fault)
            #expect(answer.status == 404)
        }
        try await FakeRenderUser.with {
            $0.hasControlEndpoint = true
        } _: { user in
            #expect(try await user.http.post("/__fake/faults", fault).status == 204)
            #expect(try await user.get("/owners").status == 500)
            #expect(try await user.get("/owners").status == 200)
            #expect(try await user.http.post("/__fake/faults", ["effect": "explode"]).status == 400)
            let requests = try await user.http.get("/__fake/requests").json.array
            #expect(requests?.compactMap { $0["status"]?.int } == [500, 200])
        }
    }
}
