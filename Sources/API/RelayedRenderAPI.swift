// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes

/// Render for people who talk to orchestrator-svc alone; renderctl-svc is asked for them, with their names.
package enum RelayedRenderAPI {
    package static let listServices = relayed(RenderAPI.listServices)
    package static let createService = relayed(RenderAPI.createService)
    package static let changeEnvironment = relayed(RenderAPI.changeEnvironment)
    package static let deploy = relayed(RenderAPI.deploy)
    package static let validate = relayed(RenderAPI.validate)
    package static let plan = relayed(RenderAPI.plan)
    package static let getPlan = relayed(RenderAPI.getPlan)
    package static let listPlans = relayed(RenderAPI.listPlans)
    package static let apply = relayed(RenderAPI.apply)
    package static let getApply = relayed(RenderAPI.getApply)
    package static let listApplies = relayed(RenderAPI.listApplies)
    package static let listBlueprints = relayed(RenderAPI.listBlueprints)
    package static let drift = relayed(RenderAPI.drift)
    package static let monitor = relayed(RenderAPI.monitor)

    package static let catalogue: [AnyEndpoint] = [
        listServices.route, createService.route, changeEnvironment.route, deploy.route, validate.route, plan.route,
        getPlan.route, listPlans.route, apply.route, getApply.route, listApplies.route, listBlueprints.route,
        drift.route, monitor.route,
    ]

    /// What stands before the path of every call that is passed on.
    private static let prefix = PathTemplate("/v1")

    /// The path at renderctl-svc for one of these.
    package static func target(of path: PathTemplate) -> PathTemplate {
        PathTemplate(segments: Array(path.segments.dropFirst(prefix.segments.count)))
    }

    private static func relayed<Input, Output: WireValue>(
        _ endpoint: Endpoint<Input, Output>
    ) -> Endpoint<RelayedInput<Input>, Relayed<Output>> {
        let route = endpoint.route
        guard let permission = route.access.permission else {
            preconditionFailure("\(route.id) is open to everybody: it needs no relay")
        }
        return Endpoint(
            route.id, route.method, PathTemplate(segments: prefix.segments + route.path.segments), .people(permission),
            route.summary,
            description: """
                As `\(route.method.rawValue) \(route.path)` of renderctl-svc, which answers it. 503 `renderctl_unavailable` says \
                that it cannot be asked. \(route.description)
                """,
            tag: "render", success: route.successes, problems: route.problems.union([.notFound, .conflict]),
            isIdempotent: route.isIdempotent, bodyLimit: route.bodyLimit,
            // Nobody is left to pass an answer on to; whether the work goes on is for renderctl-svc to decide.
            stopsWithConnection: route.stopsWithConnection || route.keepsOwnDeadline,
            keepsOwnDeadline: route.keepsOwnDeadline)
    }
}
