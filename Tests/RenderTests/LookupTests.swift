// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Testing

private func page(_ member: String, _ values: JSONValue...) -> HTTPAnswer {
    .json(200, .array(values.map { .object([(member, $0), ("cursor", "c")].reduce(into: [:]) { $0[$1.0] = $1.1 }) }))
}

private func deploy(_ id: String, _ createdAt: String, _ trigger: String) -> JSONValue {
    ["id": .string(id), "status": "created", "createdAt": .string(createdAt), "trigger": .string(trigger)]
}

struct LookupTests {
    @Test func `what is looked for has exactly the name, and is the newest of that name`() async throws {
        let transport = ScriptedTransport(
            page(
                "service", service("api", id: "srv-1", createdAt: "2026-10-01T10:00:00Z"),
                service("api", id: "srv-2", createdAt: "2026-10-01T11:00:00Z"),
                service("api-2", id: "srv-3", createdAt: "2026-10-01T12:00:00Z")))
        let client = makeClient(transport)
        #expect(try await client.findService(named: "api", ownerID: "tea-1")?.id == "srv-2")
        #expect(try await client.findService(named: "web", ownerID: "tea-1") == nil)
        #expect(transport.calls[0][query: "name"] == "api")
        #expect(transport.calls[0][query: "includePreviews"] == "false")
    }

    @Test func `databases, key values, groups, projects and environments are found by name`() async throws {
        func thing(_ name: String) -> JSONValue {
            [
                "id": .string("id-\(name)"), "name": .string(name), "owner": ["id": "tea-1"], "projectId": "prj-1",
                "environmentIds": [],
            ]
        }
        func client(_ member: String) -> RenderClient {
            makeClient(ScriptedTransport(page(member, thing("other"), thing("db"))))
        }
        #expect(try await client("postgres").findDatabase(named: "db", ownerID: "tea-1")?.id == "id-db")
        #expect(try await client("keyValue").findKeyValue(named: "db", ownerID: "tea-1")?.id == "id-db")
        #expect(try await client("envGroup").findEnvGroup(named: "db", ownerID: "tea-1")?.id == "id-db")
        #expect(try await client("project").findProject(named: "db", ownerID: "tea-1")?.id == "id-db")
        #expect(try await client("environment").findEnvironment(named: "db", projectID: "prj-1")?.id == "id-db")
        #expect(try await client("environment").findEnvironment(named: "DB", projectID: "prj-1") == nil)
    }

    @Test func `a deploy in doubt is the first that the API was asked for since then`() async throws {
        let transport = ScriptedTransport(
            page(
                "deploy", deploy("dep-5", "2026-10-01T10:09:00Z", "api"),
                deploy("dep-4", "2026-10-01T10:05:00Z", "api"),
                deploy("dep-3", "2026-10-01T10:04:00Z", "new_commit"), deploy("dep-2", "2026-10-01T09:59:58Z", "api"),
                deploy("dep-1", "2026-10-01T09:00:00Z", "api")))
        let client = makeClient(transport)
        func find(_ time: String, tolerance: Duration = .seconds(5)) async throws -> String? {
            let time = try #require(Timestamp(time))
            return try await client.findDeploy(service: "srv-1", createdSince: time, tolerance: tolerance)?.id
        }
        #expect(try await find("2026-10-01T10:00:00Z") == "dep-2")
        #expect(try await find("2026-10-01T10:00:00Z", tolerance: .zero) == "dep-4")
        #expect(try await find("2026-10-01T11:00:00Z") == nil)
    }

    @Test func `a creation in doubt is looked for until the list has caught up`() async throws {
        let clock = TestClock(jumping: true)
        let transport = ScriptedTransport(
            page("service"), page("service"), page("service", service("api", id: "srv-9")))
        let client = makeClient(transport, clock: clock)
        let found = try await client.settle { try await client.findService(named: "api", ownerID: "tea-1") }
        #expect(found?.id == "srv-9")
        #expect(clock.sleeps == [.seconds(1), .seconds(3)])
    }

    @Test func `a creation that is nowhere after all looks was none`() async throws {
        let clock = TestClock(jumping: true)
        let transport = ScriptedTransport(page("service"))
        let client = makeClient(transport, clock: clock)
        let found = try await client.settle { try await client.findService(named: "api", ownerID: "tea-1") }
        #expect(found == nil)
        #expect(transport.calls.count == 4)
        #expect(clock.now.offset == .seconds(10))
    }
}
