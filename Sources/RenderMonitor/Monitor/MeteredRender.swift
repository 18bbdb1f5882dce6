// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Synchronization

/// Counts the calls of the monitor, so that it stays within its share of Render's limits.
final class MeteredRender: Sendable {
    /// Rows of one page of a list, and of one page of a log.
    static let page = 100

    private struct Counts {
        /// When each call of the last minute was made.
        var reads: [Timestamp] = []
        var logReads: [Timestamp] = []
        var ofTick = CallCounts()
    }

    private let render: any MonitoredRender
    private let settings: MonitorSettings
    private let now: @Sendable () -> Timestamp
    private let counts = Mutex(Counts())

    init(_ render: any MonitoredRender, settings: MonitorSettings, now: @escaping @Sendable () -> Timestamp) {
        self.render = render
        self.settings = settings
        self.now = now
    }

    /// What is left of this minute.
    var left: CallCounts {
        let limit = now() + .seconds(-60)
        return counts.withLock { counts in
            counts.reads.removeAll { $0 <= limit }
            counts.logReads.removeAll { $0 <= limit }
            return CallCounts(
                reads: max(0, settings.readsPerMinute - counts.reads.count),
                logReads: max(0, settings.logReadsPerMinute - counts.logReads.count))
        }
    }

    /// What was used since the last call of this.
    func takeCounts() -> CallCounts {
        counts.withLock { counts in
            defer { counts.ofTick = CallCounts() }
            return counts.ofTick
        }
    }

    private func count(reads: Int = 0, logReads: Int = 0, writes: Int = 0) {
        let now = now()
        counts.withLock { counts in
            counts.reads += Array(repeating: now, count: reads)
            counts.logReads += Array(repeating: now, count: logReads)
            counts.ofTick.reads += reads
            counts.ofTick.logReads += logReads
            counts.ofTick.writes += writes
        }
    }

    private func countPages(of list: [some Any]) { count(reads: max(1, (list.count + Self.page) / Self.page)) }

    func owners() async throws -> [RenderOwner] {
        let owners = try await render.owners()
        countPages(of: owners)
        return owners
    }

    func services(ownerID: String) async throws -> [RenderService] {
        let services = try await render.services(ownerID: ownerID)
        countPages(of: services)
        return services
    }

    func service(_ id: String) async throws -> RenderService {
        count(reads: 1)
        return try await render.service(id)
    }

    func deploys(service id: String, limit: Int) async throws -> [RenderDeploy] {
        count(reads: 1)
        return try await render.deploys(service: id, limit: limit)
    }

    func deploy(_ id: String, service: String) async throws -> RenderDeploy {
        count(reads: 1)
        return try await render.deploy(id, service: service)
    }

    func events(service id: String, since: String?) async throws -> [RenderServiceEvent] {
        count(reads: 1)
        return try await render.events(service: id, types: EventFinding.types, since: since, limit: 20)
    }

    func routes(service id: String) async throws -> [StaticRoute] {
        count(reads: 1)
        return try await render.routes(service: id)
    }

    /// The most calls that one log may take.
    var logPages: Int { (settings.logLines + Self.page - 1) / Self.page }

    func logs(ownerID: String, resource: String, type: String, from: String, to: String) async throws
        -> [RenderLogLine]
    {
        count(logReads: 1)
        let lines = try await render.logs(
            ownerID: ownerID, resource: resource, type: type, from: from, to: to, limit: settings.logLines)
        count(logReads: min(logPages, lines.count / Self.page + 1) - 1)
        return lines
    }

    func resourcesOfBlueprints(ownerID: String) async throws -> [String: String] {
        let resources = try await render.resourcesOfBlueprints(ownerID: ownerID)
        count(reads: 1 + Set(resources.values).count)
        return resources
    }

    func updateService(_ id: String, _ body: JSONObject) async throws -> RenderService {
        count(writes: 1)
        return try await render.updateService(id, body)
    }

    func createDeploy(service id: String, clearCache: Bool) async throws -> RenderDeploy? {
        count(writes: 1)
        return try await render.createDeploy(service: id, clearCache: clearCache, mode: .buildAndDeploy)
    }
}

/// Calls of Render's API by the limit that they count against.
package struct CallCounts: Sendable, Hashable {
    package var reads = 0
    package var logReads = 0
    package var writes = 0

    package init(reads: Int = 0, logReads: Int = 0, writes: Int = 0) {
        self.reads = reads
        self.logReads = logReads
        self.writes = writes
    }
}
