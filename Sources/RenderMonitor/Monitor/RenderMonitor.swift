// SPDX-License-Identifier: Apache-2.0

package import Common
package import Logging
package import Render
import ServiceLifecycle

/// What the monitor works with: Render, what it remembers, and what keeps it from fighting with others.
package struct MonitorPorts: Sendable {
    package var render: any MonitoredRender
    package var ledger: any MonitorLedger
    package var locks: any FencedLocks
    package var blueprint: any BlueprintLookup
    package var events: any MonitorEvents
    package var prober: any SiteProber

    package init(
        render: any MonitoredRender, ledger: any MonitorLedger, locks: any FencedLocks,
        blueprint: any BlueprintLookup = NoBlueprint(), events: any MonitorEvents,
        prober: any SiteProber = HTTPSiteProber()
    ) {
        self.render = render
        self.ledger = ledger
        self.locks = locks
        self.blueprint = blueprint
        self.events = events
        self.prober = prober
    }
}

/// Watches services on Render: finds out why deploys fail, mends what it may mend, and puts back what did not help.
///
/// One look (`tick`) at a time. Everything that must survive is in the ledger before Render is called, so that another
/// process goes on where this one was killed.
package actor RenderMonitor: Service {
    static let longestBackoff = Duration.seconds(600)
    /// Services in a row that cannot be read before a look is given up: it is Render then, not a service.
    private static let failuresInARow = 3

    let render: MeteredRender
    let ports: MonitorPorts
    let settings: MonitorSettings
    let diagnoser: Diagnoser
    /// Who holds the locks.
    let holder: String
    let now: @Sendable () -> Timestamp
    let logger: Logger
    private let clock: any Clock<Duration>

    /// Workspaces, read once.
    private var workspaces: [String]?
    /// The service that was looked at last; the next look begins behind it.
    private var cursor: String?
    private var failures = 0
    /// Of each workspace, what Render's own Blueprints hold; asked for once in a look.
    private var native: [String: [String: String]] = [:]
    private var isTicking = false
    /// What was seen of each service at the last look, in words.
    var notes: [String: String] = [:]
    var checkedAt: [String: Timestamp] = [:]
    private(set) var lastReport: TickReport?
    private(set) var missing: [String] = []
    /// Services whose turn comes at the next look, for want of calls.
    var deferred: Set<String> = []

    /// `workspaces` nil watches all that the token reaches; `redact` masks the secrets that are known to the process.
    package init(
        _ ports: MonitorPorts, settings: MonitorSettings, workspaces: [String]? = nil, holder: String = "monitor",
        redact: @escaping @Sendable (String) -> String = { $0 },
        now: @escaping @Sendable () -> Timestamp = { Timestamp.now() },
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.ports = ports
        self.settings = settings
        self.workspaces = workspaces
        self.holder = holder
        self.now = now
        self.clock = clock
        self.logger = logger
        render = MeteredRender(ports.render, settings: settings, now: now)
        diagnoser = Diagnoser(redact: redact)
    }

    /// Looks again and again until graceful shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let report = await self.tick()
                try? await self.clock.sleep(for: report.nextIn)
            }
        }
    }

    /// One look at every watched service that there are calls for. Never throws: what went wrong is in the report.
    @discardableResult
    package func tick() async -> TickReport {
        guard !isTicking else { return TickReport(at: now(), failure: "a look is under way", nextIn: settings.period) }
        isTicking = true
        defer { isTicking = false }
        _ = render.takeCounts()
        deferred = []
        native = [:]
        var report = TickReport(at: now(), nextIn: settings.period)
        do {
            try await look(&report)
            failures = 0
        } catch is CancellationError {
            report.failure = "stopped"
        } catch {
            failures += 1
            report.failure = Self.words(error)
            report.nextIn = backoff(after: error)
            logger.warning("look failed", error: error)
        }
        report.calls = render.takeCounts()
        report.deferred = deferred.count
        lastReport = report
        return report
    }

    private func look(_ report: inout TickReport) async throws {
        let services = try await watchedServices()
        let records = Dictionary(
            try await ports.ledger.records().map { ($0.serviceID, $0) }
        ) { first, _ in first }
        var inARow = 0
        for service in turns(services, records: records) {
            guard render.left.reads > 0 else {
                deferred.insert(service.id)
                continue
            }
            do {
                try await look(at: service, record: records[service.id])
                report.visited += 1
                inARow = 0
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                notes[service.id] = "could not be looked at: \(Self.words(error))"
                report.problems[service.name] = Self.words(error)
                logger.warning("service could not be looked at", error: error, metadata: ["service": "\(service.id)"])
                if case RenderError.rateLimited = error { throw error }
                inARow += Self.isOutage(error) ? 1 : 0
                if inARow >= Self.failuresInARow { throw error }
            }
            checkedAt[service.id] = now()
            cursor = service.id
        }
    }

    private func watchedServices() async throws -> [RenderService] {
        let owners: [String]
        if let workspaces { owners = workspaces } else { owners = try await render.owners().map(\.id) }
        workspaces = owners
        var all: [RenderService] = []
        for owner in owners { all += try await render.services(ownerID: owner) }
        missing = (settings.watched ?? []).filter { entry in !all.contains { $0.id == entry || $0.name == entry } }
        let watched = all.filter { settings.isWatched(id: $0.id, name: $0.name) }
        let ids = Set(watched.map(\.id))
        notes = notes.filter { ids.contains($0.key) }
        checkedAt = checkedAt.filter { ids.contains($0.key) }
        return watched
    }

    /// The Blueprint of Render's own that syncs a service.
    func nativeBlueprint(of service: RenderService) async throws -> String? {
        if let known = native[service.ownerID] { return known[service.id] }
        let resources = try await render.resourcesOfBlueprints(ownerID: service.ownerID)
        native[service.ownerID] = resources
        return resources[service.id]
    }

    /// Fixes under way first, then everybody in turn from where the last look ended.
    private func turns(_ services: [RenderService], records: [String: ServiceRecord]) -> [RenderService] {
        let sorted = services.sorted { $0.id < $1.id }
        let start = cursor.flatMap { cursor in sorted.firstIndex { $0.id > cursor } } ?? 0
        let turned = sorted[start...] + sorted[..<start]
        let open = turned.filter { records[$0.id]?.open != nil }
        return open + turned.filter { records[$0.id]?.open == nil }
    }

    private func backoff(after error: any Error) -> Duration {
        let doubled = settings.period * (1 << min(failures, 10))
        guard case RenderError.rateLimited(let wait?) = error else { return min(doubled, Self.longestBackoff) }
        return max(min(doubled, Self.longestBackoff), wait)
    }

    private static func isOutage(_ error: any Error) -> Bool {
        switch error {
        case RenderError.unavailable, RenderError.malformed: true
        case is RenderError: false
        default: true
        }
    }

    /// An error in words that hold nothing secret.
    static func words(_ error: any Error) -> String {
        switch error {
        case RenderError.refused(let status, let code, let message):
            "Render refused it: \(status)\(code.map { " " + $0 } ?? ""): \(message)"
        case RenderError.rateLimited: "Render takes no more calls at the moment"
        case RenderError.unavailable(let what): "Render is not available: \(what)"
        case RenderError.outcomeUnknown(let what): "it is not known whether it has happened: \(what)"
        case RenderError.malformed(let what): "Render's answer cannot be read: \(what)"
        default: "a dependency failed (\(type(of: error)))"
        }
    }

    /// Keeps the record and takes over its new revision; false when another monitor was first.
    func save(_ record: inout ServiceRecord) async throws -> Bool {
        guard try await ports.ledger.save(record) else {
            notes[record.serviceID] = "another monitor is at it"
            return false
        }
        record.revision += 1
        return true
    }

    func tell(_ kind: MonitorEvent.Kind, _ record: ServiceRecord, _ details: JSONObject) async {
        do {
            try await ports.events.record(
                MonitorEvent(
                    kind: kind, serviceID: record.serviceID, serviceName: record.name, at: now(), details: details))
        } catch {
            logger.warning("event is lost", error: error, metadata: ["event": "\(kind.rawValue)"])
        }
    }

    /// The service's lock; nil, with a note, when somebody else has it.
    func lock(_ record: ServiceRecord) async throws -> HeldLock? {
        switch try await ports.locks.acquire("service:" + record.serviceID, holder: holder) {
        case .held(let lock): return lock
        case .taken(let other, let until):
            notes[record.serviceID] = "\(other) is writing it, until \(until)"
            return nil
        }
    }

    func unlock(_ lock: HeldLock) async {
        do {
            try await ports.locks.release(lock)
        } catch {
            logger.warning("lock is left to run out", error: error, metadata: ["lock": "\(lock.name)"])
        }
    }
}
