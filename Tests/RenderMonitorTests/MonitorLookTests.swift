// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor
import Testing

/// What the monitor looks at, how many calls that takes, and what it does when something does not answer.
@Suite struct MonitorLookTests {
    private let bench = MonitorBench()

    private func add(_ count: Int, _ status: DeployStatus, log: RecordedLog? = nil) {
        bench.render.state.with { state in
            for number in 1...count {
                let id = "srv-\(number)"
                state.services.append(
                    TestRender.service(
                        id, root: log?.root ?? "", build: log?.build ?? "", publish: log?.publish ?? "dist"))
                state.deploys[id] = [TestRender.deploy("dep-\(number)", status)]
                state.logs[id] = log?.lines
            }
        }
    }

    @Test func `fifty services that are well take few calls`() async throws {
        let monitor = bench.monitor()
        add(50, .live)
        let first = await monitor.tick()
        bench.pass(.seconds(61))
        let second = await monitor.tick()
        print(
            "monitor: 50 services, first look \(first.calls.reads) reads, then \(second.calls.reads) a look, 0 of logs")
        #expect(first.visited == 50 && first.calls.reads <= 110)
        #expect(second.visited == 50 && second.calls.reads <= 52)
        #expect(first.calls.logReads == 0 && second.calls.logReads == 0)
    }

    @Test func `fifty services that fail at once stay within the limits and all have their turn`() async throws {
        let monitor = bench.monitor(fixable: [])
        add(50, .buildFailed, log: try MonitorBench.log("Vite writes dist, build is set"))
        var calls: [CallCounts] = []
        for _ in 0..<9 {
            calls.append(await monitor.tick().calls)
            bench.pass(.seconds(61))
        }
        let (reads, logs) = (calls.map(\.reads).max() ?? 0, calls.map(\.logReads).max() ?? 0)
        print("monitor: 50 services failing at once, at most \(reads) reads and \(logs) of logs a minute")
        #expect(reads <= 200 && logs <= 15)
        #expect(try await bench.ledger.records().filter { $0.current != nil }.count == 50)
    }

    @Test func `with fewer calls than services everybody has a turn`() async throws {
        let monitor = bench.monitor { $0.readsPerMinute = 12 }
        add(20, .deactivated)
        for _ in 0..<3 {
            await monitor.tick()
            bench.pass(.seconds(61))
        }
        #expect(try await bench.ledger.records().count == 20)
    }

    @Test func `suspended services, previews and running deploys are passed over`() async throws {
        let monitor = bench.monitor()
        add(3, .buildFailed, log: try MonitorBench.log("Vite writes dist, build is set"))
        bench.render.state.with { state in
            state.services[0].isSuspended = true
            state.services[1].details.parentServerID = "srv-9"
            state.deploys["srv-3"]?.insert(TestRender.deploy("dep-new", .buildInProgress, at: 100), at: 0)
        }
        await monitor.tick()
        #expect(bench.render.state.with { !$0.calls.contains("events") && !$0.calls.contains("logs") })
        let status = try await monitor.status()
        #expect(status.services.compactMap(\.note).sorted() == ["a deploy is in progress", "suspended"])
    }

    @Test func `a deploy whose place a newer one took is no failure`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("Vite writes dist, build is set"))
        bench.render.state.with { state in
            state.events["srv-1"] = [
                RenderServiceEvent(
                    id: "evt-1", type: "build_ended", timestamp: bench.now.description, status: "canceled",
                    reason: EventReason(isSuperseded: true))
            ]
        }
        await monitor.tick()
        await monitor.tick()
        #expect(try await bench.record()?.diagnoses.isEmpty == true)
        #expect(bench.render.state.with { $0.calls.filter { $0 == "events" }.count } == 1)
    }

    @Test func `what the version before goes through is nothing of a build's`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("Vite writes dist, build is set"))
        bench.render.state.with { state in
            let oom = EventReason(failure: EventReason.Failure(oomKilled: true))
            let (soon, late) = (RecordedLog.start + .seconds(40), RecordedLog.start + .seconds(4000))
            state.events["srv-1"] = [
                RenderServiceEvent(
                    id: "evt-1", type: "server_failed", timestamp: soon.description, status: "failed", reason: oom),
                RenderServiceEvent(
                    id: "evt-2", type: "deploy_ended", timestamp: late.description, status: "failed", reason: oom),
                RenderServiceEvent(
                    id: "evt-3", type: "build_ended", timestamp: late.description, status: "canceled",
                    reason: EventReason(isSuperseded: true)),
            ]
        }
        await monitor.tick()
        #expect(try await bench.record()?.current?.signature == "publish_dir_missing")
        #expect(bench.service()?.details.publishPath == "dist")
    }

    @Test func `an event that says enough spares the log`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("out of memory, told by an event alone"))
        bench.render.state.with { state in
            state.events["srv-1"] = [
                RenderServiceEvent(
                    id: "evt-1", type: "deploy_ended", timestamp: bench.now.description, status: "failed",
                    reason: EventReason(failure: EventReason.Failure(oomKilled: true)))
            ]
        }
        await monitor.tick()
        #expect(try await bench.record()?.current?.signature == "oom_event")
        #expect(bench.render.state.with { !$0.calls.contains("logs") })
    }

    @Test func `what Render's own Blueprints hold is asked for once in a look`() async throws {
        let monitor = bench.monitor(fixable: Set((1...5).map { "srv-\($0)" }))
        add(5, .buildFailed, log: try MonitorBench.log("Vite writes dist, build is set"))
        bench.render.state.with { $0.native = Dictionary(uniqueKeysWithValues: (1...5).map { ("srv-\($0)", "exs-1") }) }
        await monitor.tick()
        await monitor.tick()
        #expect(bench.render.state.with { $0.calls.filter { $0 == "blueprints" }.count } == 2)
        #expect(bench.patches == 0)
    }

    @Test func `one service that cannot be read does not stop the others`() async throws {
        let monitor = bench.monitor()
        add(4, .live)
        bench.render.state.with { $0.broken["srv-2"] = RenderError.refused(status: 403, code: nil, message: "no") }
        let report = await monitor.tick()
        #expect(report.visited == 3 && report.problems.keys.sorted() == ["site-srv-2"])
        #expect(report.failure == nil)
    }

    @Test func `a Render that does not answer is asked less and less often`() async throws {
        let monitor = bench.monitor()
        let failures = Array(repeating: RenderError.unavailable("down"), count: 3)
        bench.render.state.with { $0.failures["services"] = failures }
        var waits: [Duration] = []
        for _ in 0..<4 { waits.append(await monitor.tick().nextIn) }
        #expect(waits == [.seconds(120), .seconds(240), .seconds(480), .seconds(60)])
    }

    @Test func `too many calls end the look and are waited for`() async throws {
        let monitor = bench.monitor()
        add(5, .live)
        bench.render.state.with { state in
            state.failures["deploys"] = [RenderError.rateLimited(retryAfter: .seconds(900))]
        }
        let report = await monitor.tick()
        #expect(report.visited == 0 && report.nextIn == .seconds(900))
    }

    @Test func `a log that is not there yet is asked for again, then done without`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("Vite writes dist, build is set"))
        bench.render.state.with { $0.logs = [:] }
        await monitor.tick()
        await monitor.tick()
        #expect(try await bench.record()?.diagnoses.isEmpty == true)
        await monitor.tick()
        #expect(try await bench.record()?.current?.signature == "unknown_failure")
        #expect(bench.patches == 0)
    }

    @Test func `entries that name no service are told`() async throws {
        let monitor = bench.monitor { $0.watched = ["site-srv-1", "ghost"] }
        add(3, .live)
        await monitor.tick()
        let status = try await monitor.status()
        #expect(status.missing == ["ghost"])
        #expect(status.services.map(\.record.serviceID) == ["srv-1"])
        #expect(status.json["budgets"]?["reads_left"]?.int == 196)
    }
}
