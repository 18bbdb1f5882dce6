// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Crypto
import Domain
import Render
import ServiceKit
import Store

/// Asks for deploys.
struct DeployDesk: Sendable {
    let door: RenderDoor
    let board: ServiceBoard
    let recorder: Recorder
    let requests: RenderRequestStore

    /// What a policy would decide about.
    static func action(serviceID: String, clearsCache: Bool, mode: RenderDeployMode) -> RenderAction {
        RenderAction(
            kind: "render.deploy", target: serviceID,
            arguments: ["clear_cache": .bool(clearsCache), "mode": .string(mode.rawValue)])
    }

    func deploy(_ input: RenderDeployInput, _ context: CallContext) async throws -> RenderDeployRequestView {
        let service = try await door.service(input.serviceID)
        guard let key = input.idempotencyKey else {
            return try await deploy(service, clearsCache: input.clearsCache, mode: input.mode, context)
        }
        let action = Self.action(serviceID: service.id, clearsCache: input.clearsCache, mode: input.mode)
        let hash = Array(SHA256.hash(data: Array("\(action.target) \(action.view.argumentsHash)".utf8)))
        let owned = "\(context.caller.principal.text) \(key)"
        switch try await requests.claim(owned, hash: hash) {
        case .new: break
        case .answered(let deployID):
            let deploy = try await door.client().deploy(deployID, service: service.id)
            return RenderDeployRequestView(
                serviceID: service.id, deploy: RenderDeployView(deploy), action: action.view, isReplayed: true)
        case .begun:
            throw Problem(
                .conflict,
                "A request with this key was begun, and what became of it is not known. Look at the service's deploys.",
                code: "request_begun")
        case .otherRequest:
            throw Problem(
                .conflict, "Another request has used this key in the last day.", code: "idempotency_conflict",
                fields: [.init("/idempotency_key", "was used by another request")])
        }
        do {
            let answer = try await deploy(service, clearsCache: input.clearsCache, mode: input.mode, context)
            // One that is queued has no id to be found by; the key is free again.
            if let id = answer.deploy?.id {
                try await requests.answer(owned, id)
            } else {
                try await requests.release(owned)
            }
            return answer
        } catch let error as RenderError {
            if case .outcomeUnknown = error { throw error }
            try await requests.release(owned)
            throw error
        }
    }

    /// Asks for a deploy of a service that is there, and records it.
    ///
    /// - Parameter client: Who asks; the one for interactive calls when nil.
    func deploy(
        _ service: RenderService, clearsCache: Bool, mode: RenderDeployMode, _ context: CallContext,
        by client: RenderClient? = nil
    ) async throws -> RenderDeployRequestView {
        let action = Self.action(serviceID: service.id, clearsCache: clearsCache, mode: mode)
        let deploy = try await (client ?? door.client()).createDeploy(
            service: service.id, clearCache: clearsCache,
            mode: mode == .deployOnly ? .deployOnly : .buildAndDeploy)
        board.forget(serviceID: service.id)
        await recorder.record(
            .deployRequested, context,
            JSONObject(
                [
                    ("service_id", .string(service.id)), ("name", .string(service.name)),
                    ("deploy_id", deploy.map { .string($0.id) } ?? .null),
                ] + action.members))
        return RenderDeployRequestView(
            serviceID: service.id, deploy: deploy.map(RenderDeployView.init), action: action.view)
    }
}
