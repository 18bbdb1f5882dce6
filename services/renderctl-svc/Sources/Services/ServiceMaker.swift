// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Render
import ServiceKit

/// Makes services, each once.
struct ServiceMaker: Sendable {
    let door: RenderDoor
    let board: ServiceBoard
    let recorder: Recorder

    func make(
        _ input: CreateRenderServiceInput, _ context: CallContext
    ) async throws -> CreatedRenderServiceView {
        let client = try door.client()
        let ownerID = try await door.owner(input.ownerID)
        if let known = try await Self.find(input.name, of: ownerID, client) {
            throw Problem(
                .conflict, "There is a service \(input.name) already; change it, or choose another name.",
                code: "service_exists", fields: [.init("/name", "is in use")],
                details: ["service_id": .string(known.id)])
        }
        let made: (service: RenderService, deployID: String?)
        do {
            made = try await client.createService(Self.body(input, ownerID: ownerID))
        } catch RenderError.outcomeUnknown(let why) {
            // It was not there before, so if it is there now, it is this one.
            guard let found = try await client.settle({ try await Self.find(input.name, of: ownerID, client) }) else {
                throw RenderError.outcomeUnknown(why)
            }
            made = (found, try await client.deploys(service: found.id, limit: 1).first?.id)
        }
        board.forget(ownerID: ownerID)
        let variables = input.env.keys.sorted()
        await recorder.record(
            .serviceCreated, context,
            [
                "service_id": .string(made.service.id), "name": .string(made.service.name),
                "type": .string(made.service.type), "owner_id": .string(ownerID),
                "env": .array(variables.map { .string($0) }),
                "deploy_id": made.deployID.map { .string($0) } ?? .null,
            ])
        return CreatedRenderServiceView(
            service: board.view(made.service, await Self.deploy(made.deployID, of: made.service, client)),
            deployID: made.deployID, variables: variables)
    }

    /// The first deploy as it stands; `.none` when it cannot be read, which makes the service no less made.
    private static func deploy(
        _ id: String?, of service: RenderService, _ client: RenderClient
    ) async -> RenderDeploy?? {
        guard let id else { return .some(nil) }
        guard let deploy = try? await client.deploy(id, service: service.id) else { return .none }
        return .some(deploy)
    }

    private static func find(
        _ name: String, of ownerID: String, _ client: RenderClient
    ) async throws -> RenderService? {
        try await client.services(ownerID: ownerID, name: name).first { $0.name == name }
    }

    /// The request as Render's API has it.
    static func body(_ input: CreateRenderServiceInput, ownerID: String) -> JSONObject {
        var body: JSONObject = [
            "type": .string(input.type.rawValue), "name": .string(input.name), "ownerId": .string(ownerID),
        ]
        body["repo"] = input.repo.map { .string($0) }
        body["branch"] = input.branch.map { .string($0) }
        body["rootDir"] = input.rootDir.map { .string($0) }
        body["environmentId"] = input.environmentID.map { .string($0) }
        body["autoDeploy"] = input.autoDeploy.map { .string($0 ? "yes" : "no") }
        if let image = input.image {
            var member: JSONObject = ["ownerId": .string(ownerID), "imagePath": .string(image.path)]
            member["registryCredentialId"] = image.registryCredentialID.map { .string($0) }
            body["image"] = .object(member)
        }
        if !input.env.isEmpty {
            body["envVars"] = .array(
                input.env.sorted { $0.key < $1.key }.map { key, value in
                    if let value { return ["key": .string(key), "value": .string(value.reveal())] }
                    return ["key": .string(key), "generateValue": true]
                })
        }
        body["serviceDetails"] = .object(details(input))
        return body
    }

    private static func details(_ input: CreateRenderServiceInput) -> JSONObject {
        var details = JSONObject()
        if input.type == .staticSite {
            details["buildCommand"] = input.buildCommand.map { .string($0) }
            details["publishPath"] = input.publishPath.map { .string($0) }
            return details
        }
        let runtime = input.runtime ?? .image
        details["runtime"] = .string(runtime.rawValue)
        details["plan"] = input.plan.map { .string($0) }
        details["region"] = input.region.map { .string($0) }
        details["schedule"] = input.schedule.map { .string($0) }
        details["healthCheckPath"] = input.healthCheckPath.map { .string($0) }
        details["preDeployCommand"] = input.preDeployCommand.map { .string($0) }
        details["numInstances"] = input.instances.map { JSONValue($0) }
        if let disk = input.disk {
            details["disk"] = [
                "name": .string(disk.name), "mountPath": .string(disk.mountPath), "sizeGB": JSONValue(disk.sizeGB),
            ]
        }
        var specific = JSONObject()
        if runtime == .docker || runtime == .image {
            specific["dockerCommand"] = (input.dockerCommand ?? input.startCommand).map { .string($0) }
            specific["dockerContext"] = input.dockerContext.map { .string($0) }
            specific["dockerfilePath"] = input.dockerfilePath.map { .string($0) }
        } else {
            specific["buildCommand"] = .string(input.buildCommand ?? "")
            specific["startCommand"] = .string(input.startCommand ?? "")
        }
        if !specific.isEmpty { details["envSpecificDetails"] = .object(specific) }
        return details
    }
}
