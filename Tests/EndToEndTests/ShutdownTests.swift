// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import TestKit
import Testing

/// SIGTERM: what is under way is finished or handed back, what is new is refused, and nothing that was acknowledged is lost.
@Suite(.daemonLogs) struct ShutdownTests {
    @Test func `a request that is under way is answered, new connections are refused`() async throws {
        try await Tutti.with { tutti in
            let echo = tutti.echo
            async let slow = echo.peer.post("/echo", ["message": "wait for me", "delayMilliseconds": 1500])
            try await eventually { try await tutti.figure("echo_calls_running", of: echo) == 1 }
            echo.beginTermination()
            try await eventually {
                do {
                    _ = try await echo.anybody.send("GET", "/health", within: .seconds(1))
                    return false
                } catch let error as PlainHTTPClient.NoAnswer {
                    return error.isRefused
                }
            }
            let answer = try await slow
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "wait for me")
            #expect(try await echo.waitForEnd() == .exited(0))
        }
    }

    @Test func `a run that ends within the grace is finished by the engine that began it`() async throws {
        try await Tutti.with { tutti in
            let id = try await tutti.create(["message": "soon", "delayMilliseconds": 2000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let start = ContinuousClock.now
            #expect(try await tutti.orchestrator.terminate() == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(12), "it does not wait longer than it must")
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks WHERE status = 'completed'") == 1)
            try await tutti.orchestrator.start()
            #expect(try await tutti.task(id).eventTypes == ["task.created", "run.started", "run.completed"])
        }
    }

    @Test func `a run that takes longer than the grace is handed back, and started again at once`() async throws {
        try await Tutti.with(settings: ["SHUTDOWN_GRACE_SECONDS": "6"]) { tutti in
            let id = try await tutti.create(["message": "long", "delayMilliseconds": 4000]).text("id")
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 1 }
            let start = ContinuousClock.now
            #expect(try await tutti.orchestrator.terminate() == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(6))
            #expect(try await tutti.number("SELECT count(*) AS n FROM tasks WHERE status = 'queued'") == 1)
            #expect(try await tutti.number("SELECT count(*) AS n FROM leases") == 0)
            try await eventually { try await tutti.figure("echo_calls_running", of: tutti.echo) == 0 }
            try await tutti.orchestrator.start()
            // Nobody waits for a lease to expire.
            let begun = ContinuousClock.now
            try await eventually { try await tutti.task(id)["runs"]?.array?.first?["epoch"] == 2 }
            #expect(ContinuousClock.now - begun < .seconds(8))
            let done = try await tutti.wait(for: id, toBe: "completed")
            #expect(
                done.eventTypes == ["task.created", "run.started", "run.released", "run.started", "run.completed"])
        }
    }

    @Test func `under load nothing that was acknowledged is lost`() async throws {
        try await Tutti.with { tutti in
            let load = CreationLoad(tutti, limit: 150)
            try await load.run {
                try await eventually(within: .seconds(30)) { load.createdCount > 60 }
                #expect(try await tutti.orchestrator.terminate() == .exited(0))
                #expect(try await tutti.number("SELECT count(*) AS n FROM leases") == 0)
                try await tutti.orchestrator.start()
            }
            try await load.waitUntilCompleted()
            try await load.compareWithLog()
            try await tutti.expectGaplessLog()
        }
    }

    @Test func `live subscribers are told that the daemon goes away`() async throws {
        try await Tutti.with([]) { tutti in
            let live = try await LiveConnection.open(tutti.orchestrator)
            try await live.subscribe(["tasks"])
            tutti.orchestrator.beginTermination()
            #expect(try await live.client.closeCode() == 1001)
            #expect(try await tutti.orchestrator.waitForEnd() == .exited(0))
        }
    }

    @Test func `logging-svc keeps every frame that it accepted before it stopped`() async throws {
        try await DaemonStack.with { stack in
            let logging = try await stack.start(.logging)
            let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<4 {
                    group.addTask {
                        var accepted = 0
                        for number in 0..<1000 {
                            let frame: JSONValue = [
                                "level": "info", "service": "load", "message": .string("\(client)/\(number)"),
                            ]
                            guard let answer = try? await logging.peer.post("/log", frame) else { break }
                            accepted += answer.status == 202 ? 1 : 0
                        }
                        return accepted
                    }
                }
                try await eventually {
                    try await logging.person.get("/logs?service=load&limit=100").json["logs"]?.array?.count == 100
                }
                #expect(try await logging.terminate() == .exited(0))
                return try await group.reduce(0, +)
            }
            try await logging.start()
            var kept = 0
            var cursor: String? = ""
            while let place = cursor {
                let page = try await logging.person.get(
                    "/logs?service=load&limit=1000&cursor=\(place)".trimmingEmptyCursor)
                kept += page.json["logs"]?.array?.count ?? 0
                cursor = page.json["next_cursor"]?.string
            }
            #expect(kept >= accepted && accepted >= 100, "\(accepted) were acknowledged, \(kept) are there")
        }
    }

    @Test(arguments: [Program.orchestrator, .logging, .renderctl])
    func `a daemon that waits for its database ends by a handler of its own, which a container needs`(
        program: Program
    ) async throws {
        try await DaemonStack.with(database: "postgresql://nobody@127.0.0.1:1/nothing") { stack in
            let daemon = stack.daemon(program)
            try daemon.launch()
            try await eventually { daemon.log.contains("the database cannot be reached") }
            #expect(try await daemon.terminate(within: .seconds(5)) == .exited(143))
        }
    }
}

extension String {
    fileprivate var trimmingEmptyCursor: String { hasSuffix("&cursor=") ? String(dropLast(8)) : self }
}
