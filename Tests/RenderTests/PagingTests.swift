// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Testing

/// A list of services in pages, as the API gives it.
private func pages(of names: [String]) -> ScriptedTransport {
    ScriptedTransport { _, call in
        let limit = call[query: "limit"].flatMap { Int($0) } ?? 20
        let start = call[query: "cursor"].flatMap { Int($0) } ?? 0
        let page = names.enumerated().dropFirst(start).prefix(limit).map { index, name -> JSONValue in
            ["service": service(name, id: "srv-\(index)"), "cursor": .string("\(index + 1)")]
        }
        return .json(200, .array(page))
    }
}

private func logPage(_ ids: Range<Int>, next: (String, String)? = nil) -> HTTPAnswer {
    let lines = ids.map { id -> JSONValue in
        ["id": .string("\(id)"), "message": "line", "timestamp": "2026-10-01T00:00:00Z", "labels": []]
    }
    return .json(
        200,
        [
            "hasMore": .bool(next != nil), "nextStartTime": .string(next?.0 ?? "2026-10-01T00:00:00Z"),
            "nextEndTime": .string(next?.1 ?? "2026-10-01T00:00:00Z"), "logs": .array(lines),
        ])
}

@Suite(.timeLimit(.minutes(1)))
struct PagingTests {
    @Test(arguments: [0, 1, 99, 100, 101, 200, 250])
    func `a list is read to its end`(count: Int) async throws {
        let names = (0..<count).map { "s\($0)" }
        let transport = pages(of: names)
        #expect(try await makeClient(transport).services(ownerID: "tea-1").map(\.name) == names)
        #expect(transport.calls.count == count / 100 + 1)
        #expect(transport.calls.allSatisfy { $0[query: "limit"] == "100" })
        #expect(transport.calls.first?[query: "cursor"] == nil)
    }

    @Test func `a cursor that comes again ends in an error, not in a circle`() async {
        let page = JSONValue.array((0..<100).map { _ in ["service": service("a"), "cursor": "same"] })
        let transport = ScriptedTransport(.json(200, page))
        let error = await failure { try await makeClient(transport).services(ownerID: "tea-1") }
        #expect(error == .malformed("list-services: a cursor comes again"))
        #expect(transport.calls.count == 2)
    }

    @Test func `a list that never ends is given up`() async {
        let transport = ScriptedTransport { number, _ in
            let page = (0..<100).map { _ -> JSONValue in ["service": service("a"), "cursor": .string("\(number)")] }
            return .json(200, .array(page))
        }
        let client = makeClient(transport, limits: .init(pages: 7))
        #expect(
            await failure { try await client.services(ownerID: "tea-1") }
                == .malformed("list-services: more than 7 pages"))
        #expect(transport.calls.count == 7)
    }

    @Test func `a list may come bare or wrapped, and whole when it knows no pages`() async throws {
        func group(_ name: String) -> JSONValue {
            ["id": .string(name), "name": .string(name), "ownerId": "tea-1", "serviceLinks": [["id": "srv-1"]]]
        }
        let bare = JSONValue.array((0..<130).map { group("g\($0)") })
        let client = makeClient(ScriptedTransport(.json(200, bare)))
        #expect(try await client.envGroups(ownerID: "tea-1").count == 130)
        let wrapped = makeClient(ScriptedTransport(.json(200, [["envGroup": group("g"), "cursor": "c"]])))
        #expect(try await wrapped.envGroups(ownerID: "tea-1").first?.serviceIDs == ["srv-1"])
        // Half a list would make things twice.
        let full = makeClient(ScriptedTransport(.json(200, .array((0..<100).map { group("g\($0)") }))))
        #expect(
            await failure { try await full.envGroups(ownerID: "tea-1") }
                == .malformed("list-env-groups: a full page has no cursor"))
    }

    @Test func `filters are joined by commas, and names compared exactly`() async throws {
        let transport = pages(of: ["api", "api-2", "Api"])
        let client = makeClient(transport)
        let found = try await client.services(ownerID: "tea-1", name: "api", types: ["web_service", "static_site"])
        #expect(found.map(\.name) == ["api"])
        #expect(transport.calls[0][query: "type"] == "web_service,static_site")
        #expect(transport.calls[0][query: "name"] == "api")
        _ = try await client.services(ownerID: "tea-1", name: "a,b")
        #expect(transport.calls[1][query: "name"] == nil)
    }

    @Test func `previews and replicas are left out even when the API tells them`() async throws {
        var preview = service("api", id: "srv-2").object ?? [:]
        preview["serviceDetails"] = ["parentServer": ["id": "srv-1", "name": "api"]]
        let list: JSONValue = [
            ["service": service("api"), "cursor": "1"], ["service": .object(preview), "cursor": "2"],
        ]
        #expect(
            try await makeClient(ScriptedTransport(.json(200, list))).services(ownerID: "tea-1").map(\.id) == ["srv-1"])
        let replica: JSONValue = [
            ["postgres": ["id": "dpg-1", "name": "a", "owner": ["id": "tea-1"], "role": "replica"], "cursor": "1"]
        ]
        #expect(try await makeClient(ScriptedTransport(.json(200, replica))).databases(ownerID: "tea-1").isEmpty)
    }

    @Test func `only as many as are wanted are asked for`() async throws {
        let transport = ScriptedTransport { _, call in
            let limit = call[query: "limit"].flatMap { Int($0) } ?? 20
            let start = call[query: "cursor"].flatMap { Int($0) } ?? 0
            return .json(
                200,
                .array(
                    (start..<(start + limit)).map {
                        ["deploy": ["id": .string("dep-\($0)"), "status": "live"], "cursor": .string("\($0 + 1)")]
                    }))
        }
        let client = makeClient(transport)
        #expect(try await client.deploys(service: "srv-1", limit: 3).map(\.id) == ["dep-0", "dep-1", "dep-2"])
        #expect(transport.calls.map { $0[query: "limit"] } == ["3"])
        #expect(try await client.deploys(service: "srv-1", limit: 150).count == 150)
        #expect(transport.calls.count == 3)
    }

    @Test func `events of several types are picked from all, those of one type by the API`() async throws {
        let transport = ScriptedTransport { _, call in
            let types = call[query: "type"].map { [$0] } ?? ["build_ended", "server_available", "deploy_ended"]
            return .json(
                200,
                .array(
                    types.enumerated().map { index, type in
                        let event: JSONValue = [
                            "id": .string("evt-\(index)"), "type": .string(type), "timestamp": "2026-10-01T00:00:00Z",
                        ]
                        return ["event": event, "cursor": .string("\(index)")]
                    }))
        }
        let client = makeClient(transport)
        let both = try await client.events(
            service: "srv-1", types: ["build_ended", "deploy_ended"], since: "2026-10-01T00:00:00Z", limit: 10)
        #expect(both.map(\.type) == ["build_ended", "deploy_ended"])
        let one = try await client.events(service: "srv-1", types: ["server_failed"], since: nil, limit: 10)
        #expect(one.map(\.type) == ["server_failed"])
        #expect(transport.calls.map { $0[query: "type"] } == [nil, "server_failed"])
        #expect(transport.calls.map { $0[query: "startTime"] } == ["2026-10-01T00:00:00Z", nil])
    }

    @Test func `logs are read from window to window until there are enough`() async throws {
        let transport = ScriptedTransport { number, _ in
            switch number {
            case 0: logPage(0..<100, next: ("2026-10-01T00:00:00Z", "2026-10-01T00:30:00Z"))
            case 1: logPage(99..<180, next: ("2026-10-01T00:00:00Z", "2026-10-01T00:10:00Z"))
            default: logPage(180..<190)
            }
        }
        func read(_ limit: Int) async throws -> [RenderLogLine] {
            try await makeClient(transport).logs(
                ownerID: "tea-1", resource: "srv-1", type: "build", from: "2026-10-01T00:00:00Z",
                to: "2026-10-01T01:00:00Z", limit: limit)
        }
        #expect(try await read(1000).map(\.id) == (0..<190).map { "\($0)" })
        #expect(
            transport.calls.map { $0[query: "endTime"] } == [
                "2026-10-01T01:00:00Z", "2026-10-01T00:30:00Z", "2026-10-01T00:10:00Z",
            ])
    }

    @Test func `logs whose next window is the same, or brings nothing new, are at their end`() async throws {
        let window = ("2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z")
        let other = ("2026-10-01T00:00:00Z", "2026-10-01T00:59:00Z")
        for (page, calls) in [(logPage(0..<5, next: window), 1), (logPage(0..<5, next: other), 2)] {
            let transport = ScriptedTransport(page)
            let lines = try await makeClient(transport).logs(
                ownerID: "tea-1", resource: "srv-1", type: "app", from: window.0, to: window.1, limit: 50)
            #expect(lines.count == 5)
            #expect(transport.calls.count == calls)
        }
    }
}
