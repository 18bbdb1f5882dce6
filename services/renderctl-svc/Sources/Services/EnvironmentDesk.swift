// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Render
import ServiceKit

/// Changes the variables of a service. Values pass through and are never kept, answered or logged.
struct EnvironmentDesk: Sendable {
    let door: RenderDoor
    let deploys: DeployDesk
    let locks: any FencedLocks
    let recorder: Recorder

    /// How long writing may go on. Render takes 30 writes in a minute, so this is enough for as many variables as a request
    /// can name, while nobody else writes much.
    private static let patience = Duration.seconds(1200)

    /// What ends the writing before it is done.
    private enum Stop: Sendable {
        case lockLost, outOfTime
        case departure(Departure)
    }

    func change(
        _ input: ChangeRenderEnvironmentInput, _ context: CallContext
    ) async throws -> RenderEnvironmentChangeView {
        let service = try await door.service(input.serviceID)
        let (progress, stop) = try await write(input, to: service, context)
        let difference = progress.difference
        if !progress.written.isEmpty || !progress.uncertain.isEmpty { await record(progress, input, service, context) }
        if let problem = Self.problem(progress, stop) { throw problem }
        var deploy: RenderDeployRequestView?
        if input.deploys, !difference.isEmpty { deploy = try await self.deploy(service, progress, context) }
        return RenderEnvironmentChangeView(
            serviceID: service.id, added: difference.added, changed: difference.changed, removed: difference.removed,
            unchanged: difference.unchanged, needsDeploy: !difference.isEmpty && deploy == nil, deploy: deploy)
    }

    /// Writes under the lock that applies and the monitor take as well, so that nobody writes what another is reading.
    private func write(
        _ input: ChangeRenderEnvironmentInput, to service: RenderService, _ context: CallContext
    ) async throws -> (EnvironmentProgress, Stop?) {
        let writer = EnvironmentWriter(
            serviceID: service.id, input: input, prompt: try door.client(), patient: try door.patientClient())
        let lock = try await take(service, by: context)
        let result: Result<(EnvironmentProgress, Stop?), any Error>
        do {
            var (progress, stop) = try await guarded(lock, context) { await writer.write() }
            await writer.settle(&progress)
            result = .success((progress, stop))
        } catch {
            result = .failure(error)
        }
        try? await locks.release(lock)
        return try result.get()
    }

    private func take(_ service: RenderService, by context: CallContext) async throws -> HeldLock {
        let holder = "\(context.caller.principal.text) (request \(context.caller.requestID))"
        switch try await locks.acquire("service:\(service.id)", holder: holder) {
        case .held(let lock): return lock
        case .taken(let other, let until):
            throw Problem(
                .conflict, "\(other) works on the service, until \(until) at the latest; try again after it.",
                code: "locked", details: ["locked_by": .string(other), "locked_until": .string(until)],
                retryAfter: .seconds(5))
        }
    }

    /// Runs `work` while the lock is kept and somebody waits for it, and for so long at most; cancels it otherwise, and tells
    /// why.
    private func guarded(
        _ lock: HeldLock, _ context: CallContext, _ work: @escaping @Sendable () async -> EnvironmentProgress
    ) async throws -> (EnvironmentProgress, Stop?) {
        let locks = locks
        return try await withThrowingTaskGroup(of: (EnvironmentProgress?, Stop?).self) { group in
            group.addTask { (await work(), nil) }
            group.addTask {
                try await locks.loss(of: lock)
                return (nil, .lockLost)
            }
            group.addTask { (nil, .departure(try await context.departure())) }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return (nil, .outOfTime)
            }
            var stop: Stop?
            while let next = await group.nextResult() {
                guard case .success(let (progress, reason)) = next else { continue }
                stop = stop ?? reason
                group.cancelAll()
                // The others, which wait for nothing any more, end by that.
                if let progress { return (progress, stop) }
            }
            throw CancellationError()
        }
    }

    private func record(
        _ progress: EnvironmentProgress, _ input: ChangeRenderEnvironmentInput, _ service: RenderService,
        _ context: CallContext
    ) async {
        let written = progress.difference.only(progress.written)
        var body: JSONObject = [
            "service_id": .string(service.id), "name": .string(service.name), "added": Self.names(written.added),
            "changed": Self.names(written.changed), "removed": Self.names(written.removed),
            "cleared": .bool(input.clearsExisting),
        ]
        if progress.failure != nil {
            body["not_written"] = Self.names(progress.left)
            body["uncertain"] = Self.names(progress.uncertain.sorted())
        }
        await recorder.record(.environmentChanged, context, body)
    }

    /// Asks for the deploy once the variables are written; tells that they are when it cannot be had.
    private func deploy(
        _ service: RenderService, _ progress: EnvironmentProgress, _ context: CallContext
    ) async throws -> RenderDeployRequestView {
        // What is built in has to be built again; a server reads its variables when it starts.
        let mode: RenderDeployMode = service.type == "static_site" ? .buildAndDeploy : .deployOnly
        do {
            return try await deploys.deploy(
                service, clearsCache: false, mode: mode, context, by: door.patientClient())
        } catch let error as RenderError {
            var problem = error.asProblem
            problem.message =
                "The variables are written, and the deploy that they need is not asked for: \(problem.message) "
                + "POST /render/deploy/\(service.id) asks for it."
            problem.details = problem.details.adding(Self.lists(progress))
            throw problem
        }
    }
}

extension EnvironmentDesk {
    /// What is told when it was not brought to its end; nil when it was.
    private static func problem(_ progress: EnvironmentProgress, _ stop: Stop?) -> (any Error)? {
        guard let failure = progress.failure else { return nil }
        var problem: Problem
        switch (stop, failure) {
        case (.lockLost?, _):
            problem = Problem(
                .conflict, "The lock of the service was lost, because the database could not be used for a while.",
                code: "lock_lost", retryAfter: .seconds(5), cause: failure)
        case (.outOfTime?, _):
            problem = Problem(
                .timeout, "It took longer than \(patience.components.seconds) seconds.", retryAfter: .seconds(60),
                cause: failure)
        case (.departure(.daemonStopping)?, _):
            problem = Problem(
                .unavailable, "The daemon is stopping.", code: "stopping", retryAfter: .seconds(5), cause: failure)
        case (.departure(.callerGone)?, _), (nil, is CancellationError): problem = .cancelled
        case (nil, let error as RenderError): problem = error.asProblem
        case (nil, let error as Problem): problem = error
        default: return failure
        }
        // Nothing is known yet of what there is to write.
        guard !progress.difference.isEmpty else { return problem }
        let (count, written) = (progress.difference.keys.count, progress.written.count)
        if written == count {
            problem.message += " All \(count == 1 ? "of it" : "\(count) changes") had been written."
        } else if written == 0, progress.uncertain.isEmpty {
            problem.message += " Nothing was written."
        } else {
            problem.message += " \(written) of \(count) changes were written; the same request does the rest."
        }
        problem.details = problem.details.adding(lists(progress))
        return problem
    }

    /// What was written and what was not, by name.
    private static func lists(_ progress: EnvironmentProgress) -> JSONObject {
        var lists: JSONObject = [
            "written": names(progress.difference.keys.filter(progress.written.contains)),
            "not_written": names(progress.left),
        ]
        if !progress.uncertain.isEmpty { lists["uncertain"] = names(progress.uncertain.sorted()) }
        return lists
    }

    private static func names(_ keys: [String]) -> JSONValue { .array(keys.map { .string($0) }) }
}

extension JSONObject {
    fileprivate func adding(_ other: JSONObject) -> JSONObject { JSONObject(members + other.members) }
}
