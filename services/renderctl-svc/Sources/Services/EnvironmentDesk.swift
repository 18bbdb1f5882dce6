// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Render
import ServiceKit
import Store

/// Changes the variables of a service. Values pass through and are never kept, answered or logged.
struct EnvironmentDesk: Sendable {
    let door: RenderDoor
    let deploys: DeployDesk
    let locks: RenderLockStore
    let recorder: Recorder

    /// What a patch comes to, by what is there.
    struct Difference: Sendable, Equatable {
        var added: [String] = []
        var changed: [String] = []
        var removed: [String] = []
        var unchanged = 0

        var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }

        init(
            _ patch: [String: Secret<String>?], on live: [String: Secret<String>], clearsExisting: Bool
        ) {
            for (key, value) in patch.sorted(by: { $0.key < $1.key }) {
                switch (live[key], value) {
                case (nil, nil): break
                case (nil, _?): added.append(key)
                case (_?, nil): removed.append(key)
                case (let old?, let new?): if old == new { unchanged += 1 } else { changed.append(key) }
                }
            }
            let others = live.keys.filter { patch[$0] == nil }
            if clearsExisting { removed = (removed + others).sorted() } else { unchanged += others.count }
        }
    }

    func change(
        _ input: ChangeRenderEnvironmentInput, _ context: CallContext
    ) async throws -> RenderEnvironmentChangeView {
        let service = try await door.service(input.serviceID)
        let difference = try await withLock(of: service, by: context) {
            try await write(input, to: service)
        }
        if !difference.isEmpty {
            await recorder.record(
                .environmentChanged, context,
                [
                    "service_id": .string(service.id), "name": .string(service.name),
                    "added": .array(difference.added.map { .string($0) }),
                    "changed": .array(difference.changed.map { .string($0) }),
                    "removed": .array(difference.removed.map { .string($0) }),
                    "cleared": .bool(input.clearsExisting),
                ])
        }
        var deploy: RenderDeployRequestView?
        if input.deploys, !difference.isEmpty {
            // What is built in has to be built again; a server reads its variables when it starts.
            let mode: RenderDeployMode = service.type == "static_site" ? .buildAndDeploy : .deployOnly
            deploy = try await deploys.deploy(service, clearsCache: false, mode: mode, context)
        }
        return RenderEnvironmentChangeView(
            serviceID: service.id, added: difference.added, changed: difference.changed, removed: difference.removed,
            unchanged: difference.unchanged, needsDeploy: !difference.isEmpty && deploy == nil, deploy: deploy)
    }

    /// The lock that applies and the monitor take as well, so that nobody writes what another is reading.
    private func withLock<Value: Sendable>(
        of service: RenderService, by context: CallContext, _ body: () async throws -> Value
    ) async throws -> Value {
        let name = "service:\(service.id)"
        let holder = "\(context.caller.principal.text) (request \(context.caller.requestID))"
        switch try await locks.acquire(name, holder: holder) {
        case .taken(let other, let until):
            throw Problem(
                .conflict, "\(other) works on the service, until \(until) at the latest; try again after it.",
                code: "locked", details: ["locked_by": .string(other), "locked_until": .string(until.description)],
                retryAfter: .seconds(5))
        case .held(let fence):
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            try? await locks.release(name, fence: fence)
            return try result.get()
        }
    }

    private func write(_ input: ChangeRenderEnvironmentInput, to service: RenderService) async throws -> Difference {
        let client = try door.client()
        let live = try await client.envVars(service: service.id)
        let difference = Difference(input.env, on: live, clearsExisting: input.clearsExisting)
        guard !difference.isEmpty else { return difference }
        if input.clearsExisting {
            // Render's call replaces everything at once, so what somebody else has set meanwhile would be lost unseen.
            guard try await client.envVars(service: service.id) == live else { throw Self.changedMeanwhile([]) }
            try await client.replaceEnvVars(service: service.id, input.env.compactMapValues { $0 })
        } else {
            for key in difference.added + difference.changed {
                if let value = input.env[key] ?? nil {
                    try await client.setEnvVar(service: service.id, key: key, value: value)
                }
            }
            for key in difference.removed {
                do {
                    try await client.deleteEnvVar(service: service.id, key: key)
                } catch let error where error.isNotFound {
                    // Somebody else took it away; that is what was wanted.
                }
            }
        }
        try await check(input, of: service, client)
        return difference
    }

    /// Reads back what was written.
    private func check(
        _ input: ChangeRenderEnvironmentInput, of service: RenderService, _ client: RenderClient
    ) async throws {
        let now = try await client.envVars(service: service.id)
        var wrong = input.env.filter { key, value in now[key] != value }.map(\.key)
        if input.clearsExisting { wrong += now.keys.filter { input.env[$0] == nil } }
        guard wrong.isEmpty else { throw Self.changedMeanwhile(wrong.sorted()) }
    }

    private static func changedMeanwhile(_ keys: [String]) -> Problem {
        let which = keys.isEmpty ? "" : ": \(keys.prefix(10).joined(separator: ", "))"
        return Problem(
            .conflict, "Somebody else changes the variables of the service\(which). Look at them and ask again.",
            code: "environment_changed", details: ["variables": .array(keys.map { .string($0) })])
    }
}

extension Error {
    fileprivate var isNotFound: Bool { (self as? RenderError)?.isNotFound == true }
}
