// SPDX-License-Identifier: Apache-2.0

import Common
import Logging
import Render
import RenderMonitor
import TestKit

/// A monitor with everything around it in memory, and a clock that is moved by hand.
final class MonitorBench: Sendable {
    let render = TestRender()
    let ledger = InMemoryMonitorLedger()
    let locks = TestLocks()
    let blueprint = TestBlueprint()
    let events = TestEvents()
    let prober = TestProber()
    private let time = Guarded(RecordedLog.start + .seconds(120))

    var now: Timestamp { time.with { $0 } }

    func pass(_ duration: Duration) { time.with { $0 = $0 + duration } }

    func monitor(fixable: Set<String> = ["srv-1"], _ change: (inout MonitorSettings) -> Void = { _ in })
        -> RenderMonitor
    {
        var settings = MonitorSettings(fixable: fixable)
        change(&settings)
        return RenderMonitor(
            MonitorPorts(
                render: render, ledger: ledger, locks: locks, blueprint: blueprint, events: events, prober: prober),
            settings: settings, now: { self.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A service whose newest deploy failed as `log` says.
    func fail(
        _ log: RecordedLog, id: String = "srv-1", deploy: String = "dep-1", commit: String? = "c1", at offset: Int = 0
    ) {
        render.state.with { state in
            if !state.services.contains(where: { $0.id == id }) {
                state.services.append(
                    TestRender.service(id, type: log.type, root: log.root, build: log.build, publish: log.publish))
            }
            state.deploys[id, default: []].insert(
                TestRender.deploy(deploy, .buildFailed, commit: commit, at: offset), at: 0)
            state.logs[id] = log.lines
        }
    }

    /// Ends the newest deploy of the service.
    func end(_ status: DeployStatus, id: String = "srv-1", log: RecordedLog? = nil) {
        let now = now
        render.state.with { state in
            state.deploys[id]?[0].status = status
            state.deploys[id]?[0].finishedAt = now.description
            if let log { state.logs[id] = log.lines }
        }
    }

    func service(_ id: String = "srv-1") -> RenderService? {
        render.state.with { $0.services.first { $0.id == id } }
    }

    var patches: Int { render.state.with { $0.patches.count } }
    var started: Int { render.state.with { $0.started.count } }

    func record(_ id: String = "srv-1") async throws -> ServiceRecord? { try await ledger.record(serviceID: id) }

    static func log(_ name: String) throws -> RecordedLog {
        guard let log = RecordedLog.all.first(where: { $0.name == name }) else { throw Missing(name: name) }
        return log
    }

    struct Missing: Error { let name: String }
}

/// Locks of which one may be somebody else's.
final class TestLocks: FencedLocks {
    let taken = Guarded<Set<String>>([])
    let held = Guarded<Set<String>>([])
    let isLost = Guarded(false)

    func acquire(_ name: String, holder: String) async throws -> LockOutcome {
        if taken.with({ $0.contains(name) }) { return .taken(by: "apply_1", until: "2026-11-22T07:00:00Z") }
        held.with { _ = $0.insert(name) }
        return .held(HeldLock(name: name, holder: holder, fence: 1))
    }

    func renew(_ lock: HeldLock) async throws -> Bool { !isLost.with { $0 } }

    func release(_ lock: HeldLock) async throws { held.with { _ = $0.remove(lock.name) } }
}

final class TestEvents: MonitorEvents {
    private let recorded = Guarded<[MonitorEvent]>([])

    var kinds: [MonitorEvent.Kind] { recorded.with { $0.map(\.kind) } }

    func record(_ event: MonitorEvent) async throws { recorded.with { $0.append(event) } }
}

final class TestProber: SiteProber {
    let answers = Guarded<[String: SiteAnswer]>([:])
    let count = Guarded(0)

    static let page = SiteAnswer(status: 200, contentType: "text/html; charset=utf-8", body: Array("<h1>hi</h1>".utf8))

    func get(_ url: BaseURL) async throws -> SiteAnswer {
        count.with { $0 += 1 }
        return answers.with { $0[url.path.isEmpty ? "/" : url.path] } ?? Self.page
    }
}
