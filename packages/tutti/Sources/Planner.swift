// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans

/// All that a plan is made from.
struct PlanRequest: Sendable {
    let file: BlueprintFile
    let name: String
    let owner: String?
    let entered: [ResourceAddress: [String: Secret<String>]]
    let prunes: Bool
    let prunesEnvironment: Bool
    let pruneCount: Int?
    let repository: String?
    let branch: String?

    /// - Parameter planning: Nil where nothing but the file has a say.
    init(_ file: BlueprintFile, target: TargetOptions, planning: PlanningOptions? = nil) throws {
        self.file = file
        name = target.name
        owner = target.wantedOwner
        entered = try planning?.entered.read() ?? [:]
        prunes = planning?.prune ?? false
        prunesEnvironment = planning?.pruneEnv ?? false
        pruneCount = planning?.pruneCount
        repository = planning?.repo ?? GitOrigin.repository(of: file.path)
        branch = planning?.branch
        for address in entered.keys where file.blueprint.resource(at: address) == nil {
            throw Failure(
                "--set names \(address), which is not in \(file.path)",
                hints: ["It has \(file.blueprint.resources.map(\.address.description).joined(separator: ", "))."])
        }
    }
}

/// Who makes plans.
enum Planner: Sendable {
    /// Nobody is asked: the account is taken for empty.
    case offline
    case renderctl(RenderctlServer)
    /// Render itself.
    case direct

    /// renderctl-svc when it is named, else Render.
    static func named(by target: TargetOptions) throws -> Planner {
        try target.renderctl().map { .renderctl($0) } ?? .direct
    }

    func plan(_ request: PlanRequest) async throws -> ShownPlan {
        switch self {
        case .offline: shown(OfflinePlan.make(request), request)
        case .renderctl(let server): try await server.plan(request)
        case .direct:
            try await shown(DirectRender(owner: request.owner).plan(request), request, note: DirectRender.remark)
        }
    }

    private func shown(_ plan: Plan, _ request: PlanRequest, note: String? = nil) -> ShownPlan {
        let file = request.file
        Annotations.current?.show(notesOf: plan, beside: file.blueprint.diagnostics, of: file.path)
        return ShownPlan(plan, of: file.path, note: note)
    }
}
