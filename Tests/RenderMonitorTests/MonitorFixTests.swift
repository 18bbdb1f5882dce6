// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render
import RenderMonitor
import Testing

/// What the monitor writes, how often, and what it takes back.
@Suite struct MonitorFixTests {
    private let bench = MonitorBench()

    private func failed() throws -> RecordedLog { try MonitorBench.log("Vite writes dist, build is set") }

    @Test func `a failed build is mended, followed and probed`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        await monitor.tick()
        #expect(bench.service()?.details.publishPath == "dist")
        #expect(bench.started == 1)
        #expect(try await bench.record()?.open?.state == .deploying)
        await monitor.tick()
        #expect(bench.patches == 1 && bench.started == 1, "nothing more while its deploy is running")
        bench.end(.live)
        await monitor.tick()
        await monitor.tick()
        let record = try #require(try await bench.record())
        #expect(record.attempts.map(\.state) == [.succeeded])
        #expect(record.lastProbe?.verdict == .healthy)
        #expect(bench.events.kinds == [.diagnosisMade, .fixAttempted, .fixSucceeded])
        #expect(bench.locks.held.value.isEmpty)
    }

    @Test func `nothing is written for a service that is not listed as fixable`() async throws {
        let monitor = bench.monitor(fixable: [])
        bench.fail(try failed())
        await monitor.tick()
        await monitor.tick()
        #expect(bench.patches == 0 && bench.started == 0)
        let service = try #require(try await monitor.status().services.first)
        #expect(service.action == "proposed")
        #expect(service.record.current?.heldBack?.contains("site-srv-1:fix") == true)
        #expect(service.json["diagnosis"]?["proposed"]?["changes"]?.array?.first?["new"]?.string == "dist")
        #expect(bench.events.kinds == [.diagnosisMade])
    }

    @Test func `a fix that fails in the same way is taken back, and no more is deployed`() async throws {
        let monitor = bench.monitor()
        let log = try failed()
        bench.fail(log)
        await monitor.tick()
        var again = log
        again.publish = "dist"
        bench.end(.buildFailed, log: again)
        bench.render.state.with { state in
            state.logs["srv-1"] = state.logs["srv-1"]?.map { line in
                var line = line
                if line.message.contains("Publish directory") {
                    line.message = "==> Publish directory dist does not exist!"
                }
                return line
            }
        }
        await monitor.tick()
        #expect(bench.service()?.details.publishPath == "build")
        #expect(bench.started == 1)
        for _ in 0..<3 { await monitor.tick() }
        #expect(bench.started == 1 && bench.patches == 2)
        let record = try #require(try await bench.record())
        #expect(record.attempts.first?.state == .reverted)
        #expect(record.attempts.first?.outcome?.contains("no further deploy") == true)
        #expect(bench.events.kinds.suffix(1) == [.fixReverted])
    }

    @Test func `what somebody else has changed since is not taken back`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("npm without a package.json, the publish directory is below"))
        await monitor.tick()
        bench.render.state.with { $0.services[0].details.publishPath = "mine" }
        bench.end(.canceled)
        await monitor.tick()
        #expect(bench.service()?.rootDir == "")
        #expect(bench.service()?.details.publishPath == "mine")
        #expect(try await bench.record()?.attempts.first?.outcome?.contains("not publishPath") == true)
    }

    @Test func `a deploy that comes further keeps the fix and may be mended once more`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("npm without a package.json, the publish directory is below"))
        await monitor.tick()
        #expect(bench.service()?.rootDir == "frontend")
        #expect(bench.service()?.details.publishPath == "dist")
        bench.render.state.with { $0.logs["srv-1"] = [] }
        let next = try MonitorBench.log("Vite with another output folder")
        bench.end(.buildFailed, log: next)
        await monitor.tick()
        #expect(try await bench.record()?.attempts.first?.state == .kept)
        await monitor.tick()
        #expect(bench.service()?.details.publishPath == "www")
        #expect(bench.started == 2)
        bench.end(.buildFailed, log: next)
        for _ in 0..<4 { await monitor.tick() }
        #expect(bench.started == 2)
    }

    @Test func `a commit has one attempt for a signature, and a day has two`() async throws {
        let monitor = bench.monitor()
        let log = try failed()
        for (number, commit) in ["c1", "c1", "c2", "c3"].enumerated() {
            bench.fail(log, deploy: "dep-\(number)", commit: commit, at: 60 * number)
            await monitor.tick()
            bench.render.state.with { state in
                if state.deploys["srv-1"]?.first?.status == .buildInProgress {
                    state.deploys["srv-1"]?[0].status = .canceled
                }
            }
            await monitor.tick()
        }
        #expect(bench.started == 2)
        let record = try #require(try await bench.record())
        #expect(record.diagnoses.compactMap(\.heldBack).contains { $0.contains("tried for this commit") })
        #expect(record.diagnoses.first?.heldBack?.contains("within a day") == true)
        #expect(try await monitor.status().services.first?.attemptsLeft == 0)
    }

    @Test func `limits of a commit and of a day outlive the process`() async throws {
        let log = try failed()
        for (number, commit) in ["c1", "c1", "c2", "c3"].enumerated() {
            bench.fail(log, deploy: "dep-\(number)", commit: commit, at: 60 * number)
            await bench.monitor().tick()
            bench.render.state.with { state in
                if state.deploys["srv-1"]?.first?.status == .buildInProgress {
                    state.deploys["srv-1"]?[0].status = .canceled
                }
            }
            await bench.monitor().tick()
        }
        #expect(bench.started == 2)
        let left = try await bench.monitor().status().services.first?.attemptsLeft
        #expect(left == 0)
    }

    @Test func `a fix whose deploy a newer one took the place of is followed in that one`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        await monitor.tick()
        let own = try #require(try await bench.record()?.open?.deployID)
        bench.end(.buildFailed)
        bench.render.state.with { state in
            state.events["srv-1"] = [
                RenderServiceEvent(
                    id: "evt-9", type: "deploy_ended", timestamp: bench.now.description, deployID: own,
                    status: "canceled", reason: EventReason(isSuperseded: true))
            ]
            state.deploys["srv-1"]?.insert(TestRender.deploy("dep-new", .buildInProgress, commit: "c9", at: 200), at: 0)
        }
        await monitor.tick()
        #expect(try await bench.record()?.open?.deployID == "dep-new")
        bench.end(.live)
        await monitor.tick()
        #expect(try await bench.record()?.attempts.map(\.state) == [.succeeded])
        #expect(bench.service()?.details.publishPath == "dist" && bench.started == 1)
    }

    @Test func `a fix that cannot be taken back says so once`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        await monitor.tick()
        bench.end(.canceled)
        bench.render.state.with {
            $0.failures["update"] = [RenderError.refused(status: 403, code: nil, message: "no")]
        }
        for _ in 0..<3 { await monitor.tick() }
        let attempt = try #require(try await bench.record()?.attempts.first)
        #expect(attempt.state == .reverted && attempt.outcome?.contains("NOT back") == true)
        #expect(bench.service()?.details.publishPath == "dist")
    }

    @Test func `a service that somebody else writes is left alone until they are done`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.locks.taken.with { $0 = ["service:srv-1"] }
        await monitor.tick()
        #expect(bench.patches == 0)
        #expect(try await bench.record()?.current?.heldBack?.contains("apply_1") == true)
        bench.locks.taken.with { $0 = [] }
        await monitor.tick()
        #expect(bench.started == 1)
        #expect(try await bench.record()?.diagnoses.first?.heldBack == nil)
    }

    @Test func `a lock that is lost stops the fix before anything is written`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.locks.isLost.with { $0 = true }
        await monitor.tick()
        #expect(bench.patches == 0 && bench.started == 0)
        bench.locks.isLost.with { $0 = false }
        await monitor.tick()
        #expect(bench.patches == 1 && bench.started == 1)
    }

    @Test func `what contradicts the blueprint becomes a patch of it`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.blueprint.fields.with { $0 = [.publishPath: "build"] }
        await monitor.tick()
        await monitor.tick()
        #expect(bench.patches == 0 && bench.started == 0)
        #expect(bench.events.kinds == [.diagnosisMade, .patchProposed])
        let patch = try #require(try await bench.record()?.current?.patch)
        #expect(
            patch.text
                == "--- service/site-srv-1\n+++ service/site-srv-1\n@@ publishPath (render.yaml:3:5) @@\n-\"build\"\n+\"dist\"\n"
        )
    }

    @Test func `a service of Render's own Blueprint is not written`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.render.state.with { $0.native = ["srv-1": "exs-1"] }
        await monitor.tick()
        #expect(bench.patches == 0)
        #expect(try await bench.record()?.current?.heldBack?.contains("exs-1") == true)
    }

    @Test func `an old failure is told and left alone`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.pass(.seconds(3 * 86_400))
        await monitor.tick()
        #expect(bench.patches == 0)
        #expect(try await bench.record()?.current?.signature == "publish_dir_missing")
    }

    @Test func `the cache is cleared only where it is suspected`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("a cache that does not go with the build"))
        await monitor.tick()
        #expect(bench.render.state.with { $0.started.map(\.clearsCache) } == [true])
        #expect(bench.patches == 0)
    }

    @Test(arguments: [0, 1]) func `a monitor that was killed in a fix is gone on for`(callsDone: Int) async throws {
        bench.fail(try failed())
        let call = callsDone == 0 ? "update" : "deploy!"
        bench.render.state.with { $0.failures[call] = [RenderError.unavailable("cut off")] }
        await bench.monitor().tick()
        #expect(bench.started == 0)
        bench.pass(.seconds(180))
        await bench.monitor().tick()
        #expect(bench.service()?.details.publishPath == "dist")
        #expect(bench.started == 1)
        #expect(try await bench.record()?.attempts.count == 1)
    }

    @Test func `a deploy that was queued is found and not started twice`() async throws {
        let monitor = bench.monitor()
        bench.fail(try failed())
        bench.render.state.with { $0.queuesDeploys = true }
        await monitor.tick()
        #expect(try await bench.record()?.open?.state == .patched)
        bench.render.state.with { state in
            state.deploys["srv-1"]?.insert(TestRender.deploy("dep-9", .buildInProgress, at: 200), at: 0)
        }
        await monitor.tick()
        #expect(try await bench.record()?.open?.deployID == "dep-9")
        #expect(bench.started == 1)
    }
}
