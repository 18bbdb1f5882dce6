// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What an apply tells while it runs. Holds no secret.
package enum ApplyProgress: Sendable, Equatable {
    case began(applyID: String, resources: Int)
    case stepBegan(resource: ResourceAddress, step: String)
    case stepEnded(resource: ResourceAddress, step: String, outcome: StepOutcome)
    case resourceEnded(ResourceAddress, ApplyReport.Outcome)
    case deploy(resource: ResourceAddress, id: String, status: String)
    case ended(ApplyStatus)

    /// A stream that keeps the newest `capacity` of what is told, and what to hand to the apply; the stream ends with it.
    package static func stream(capacity: Int = 256) -> (
        stream: AsyncStream<ApplyProgress>, report: @Sendable (ApplyProgress) -> Void
    ) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ApplyProgress.self, bufferingPolicy: .bufferingNewest(max(1, capacity)))
        return (
            stream,
            { progress in
                continuation.yield(progress)
                if case .ended = progress { continuation.finish() }
            }
        )
    }

    package var json: JSONObject {
        switch self {
        case .began(let id, let resources):
            ["type": "began", "apply_id": .string(id), "resources": JSONValue(resources)]
        case .stepBegan(let resource, let step):
            ["type": "step_began", "resource": .string(resource.description), "step": .string(step)]
        case .stepEnded(let resource, let step, let outcome):
            JSONObject(
                [
                    ("type", "step_ended"), ("resource", .string(resource.description)), ("step", .string(step)),
                ] + outcome.members)
        case .resourceEnded(let resource, let outcome):
            JSONObject(
                [("type", "resource_ended"), ("resource", .string(resource.description))] + outcome.members)
        case .deploy(let resource, let id, let status):
            [
                "type": "deploy", "resource": .string(resource.description), "deploy_id": .string(id),
                "status": .string(status),
            ]
        case .ended(let status): ["type": "ended", "status": .string(status.rawValue)]
        }
    }
}

extension StepOutcome {
    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .done: [("outcome", "done")]
        case .failed(let message): [("outcome", "failed"), ("message", .string(message))]
        case .skipped(let cause): [("outcome", "skipped"), ("because", .string(cause.description))]
        }
    }
}
