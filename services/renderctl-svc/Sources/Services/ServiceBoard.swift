// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging
import Render
import Synchronization

/// What Render says of services and their last deploys, kept for a moment: a dashboard that asks every few seconds must
/// not use up the 400 reads a minute that the monitor and applies need as well.
struct ServiceBoard: Sendable {
    /// How long an answer is good for.
    struct Freshness: Sendable {
        var services = Duration.seconds(5)
        /// Of a deploy that can still change.
        var running = Duration.seconds(5)
        /// Of one that has ended: another can only begin by a commit or by us.
        var ended = Duration.seconds(30)
    }

    private struct Entry {
        var deploy: RenderDeploy?
        var isKnown = true
        var at: ContinuousClock.Instant
    }

    private struct Memory {
        var services: [String: (list: [RenderService], at: ContinuousClock.Instant, time: Timestamp)] = [:]
        var deploys: [String: Entry] = [:]
    }

    private final class State: Sendable {
        let memory = Mutex(Memory())
        let turnstile = Turnstile()
    }

    private let door: RenderDoor
    /// Names and ids; nil for all.
    private let watched: [String]?
    private let freshness: Freshness
    private let logger: Logger
    private let state = State()
    /// Deploys that are read at the same time.
    private static let readers = 4

    init(door: RenderDoor, watched: [String]?, freshness: Freshness = Freshness(), logger: Logger) {
        self.door = door
        self.watched = watched
        self.freshness = freshness
        self.logger = logger
    }

    /// A page of services.
    func list(_ input: ListRenderServicesInput) async throws -> RenderServicesView {
        let client = try door.client()
        let ownerID = try await door.owner(input.ownerID)
        let (services, time, isStale) = try await services(ownerID, client)
        let wanted = input.name?.lowercased()
        let types = Set(input.types.map(\.rawValue))
        let fitting = services.filter { service in
            (types.isEmpty || types.contains(service.type))
                && (wanted.map { service.name.lowercased().contains($0) } ?? true)
        }
        let rest = fitting.drop { service in
            input.cursor.map { (service.name, service.id) <= ($0.name, $0.id) } ?? false
        }
        let page = Array(rest.prefix(input.limit))
        let deploys = try await lastDeploys(of: page, client)
        let next = rest.count > page.count ? page.last.map { RenderServiceCursor(name: $0.name, id: $0.id) } : nil
        return RenderServicesView(
            ownerID: ownerID, services: page.map { view($0, deploys.found[$0.id] ?? .none) }, nextCursor: next,
            total: fitting.count, observedAt: time, isStale: isStale || deploys.isStale)
    }

    /// A service as it is shown, with its last deploy; `.none` when that could not be read.
    func view(_ service: RenderService, _ deploy: RenderDeploy??) -> RenderServiceView {
        RenderServiceView(
            service, health: Self.health(of: service, deploy), lastDeploy: (deploy ?? nil).map(RenderDeployView.init),
            isMonitored: watched.map { $0.contains(service.name) || $0.contains(service.id) } ?? true)
    }

    private static func health(of service: RenderService, _ deploy: RenderDeploy??) -> RenderServiceHealth {
        if service.isSuspended { return .suspended }
        guard let known = deploy else { return .unknown }
        guard let deploy = known else { return .idle }
        if deploy.status.isInProgress { return .deploying }
        if deploy.status.isFailure { return .failed }
        return deploy.status == .live ? .live : .idle
    }

    /// Something was changed: what is known of the services of an owner, and of the deploys of a service, is out of date.
    func forget(ownerID: String? = nil, serviceID: String? = nil) {
        state.memory.withLock { memory in
            if let ownerID { memory.services[ownerID] = nil }
            if let serviceID { memory.deploys[serviceID] = nil }
        }
    }

    /// An apply has done something to the service of that name: what is known of its deploys is out of date.
    func forget(ownerID: String, deploysOf name: String) {
        state.memory.withLock { memory in
            for service in memory.services[ownerID]?.list ?? [] where service.name == name {
                memory.deploys[service.id] = nil
            }
        }
    }

    private func services(
        _ ownerID: String, _ client: RenderClient
    ) async throws -> (list: [RenderService], time: Timestamp, isStale: Bool) {
        try await state.turnstile.pass {
            let known = state.memory.withLock { $0.services[ownerID] }
            if let known, ContinuousClock.now - known.at < freshness.services { return (known.list, known.time, false) }
            do {
                let time = Timestamp.now()
                let list = try await client.services(ownerID: ownerID).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
                let ids = Set(list.map(\.id))
                state.memory.withLock { memory in
                    memory.services[ownerID] = (list, .now, time)
                    // What is gone is forgotten once there is much of it.
                    if memory.deploys.count > 2 * ids.count + 100 {
                        memory.deploys = memory.deploys.filter { ids.contains($0.key) }
                    }
                }
                return (list, time, false)
            } catch let error as RenderError {
                guard let known, !error.isRefusal else { throw error }
                logger.warning("Render cannot be asked; what it said last is answered.", error: error)
                return (known.list, known.time, true)
            }
        }
    }

    private func lastDeploys(
        of services: [RenderService], _ client: RenderClient
    ) async throws -> (found: [String: RenderDeploy?], isStale: Bool) {
        try await state.turnstile.pass {
            let now = ContinuousClock.now
            let old = state.memory.withLock { memory in
                services.map(\.id).filter { id in
                    guard let entry = memory.deploys[id], entry.isKnown else { return true }
                    let life = entry.deploy?.status.isInProgress == true ? freshness.running : freshness.ended
                    return now - entry.at >= life
                }
            }
            let failed = try await refresh(old, client)
            return state.memory.withLock { memory in
                var found: [String: RenderDeploy?] = [:]
                for service in services {
                    if let entry = memory.deploys[service.id], entry.isKnown { found[service.id] = entry.deploy }
                }
                return (found, failed)
            }
        }
    }

    /// Reads the last deploys anew; whether some of them could not be.
    private func refresh(_ ids: [String], _ client: RenderClient) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var rest = ids.makeIterator()
            var failed = false
            func addNext() {
                guard let id = rest.next() else { return }
                group.addTask {
                    do {
                        let deploy = try await client.deploys(service: id, limit: 1).first
                        state.memory.withLock { $0.deploys[id] = Entry(deploy: deploy, at: .now) }
                        return true
                    } catch let error as RenderError where error.isNotFound {
                        // Deleted a moment ago.
                        state.memory.withLock { $0.deploys[id] = Entry(deploy: nil, isKnown: false, at: .now) }
                        return true
                    } catch is RenderError {
                        return false
                    }
                }
            }
            for _ in 0..<Self.readers { addNext() }
            while let isRead = try await group.next() {
                // Once Render cannot be asked, the others are not asked for.
                if isRead { addNext() } else { failed = true }
            }
            return failed
        }
    }
}

extension RenderError {
    /// Whether asking again changes nothing: then what was known before is no answer either.
    fileprivate var isRefusal: Bool {
        if case .refused(let status, _, _) = self { status < 500 } else { false }
    }
}
