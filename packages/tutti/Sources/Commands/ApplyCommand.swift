// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import Foundation

/// `tutti render apply`.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Makes Render what a blueprint says.",
        discussion: """
            It shows the plan and asks first, unless --yes. A plan that was shown before is applied by its id, and only if it is \
            still the same: when what is live has changed meanwhile, nothing is written and what moved is named.

            Through renderctl-svc an apply goes on when this program is stopped, and resumes when the daemon is; --follow \
            watches it again. Without it nothing is remembered: run the same command again, and it goes on from what is live.

            Examples:
              tutti render apply render.yaml
              tutti render apply --yes --wait --plan-id plan_5f3a… render.yaml
              tutti render apply --follow apply_01J…
            """)

    @Argument(
        help: "The blueprint; - reads standard input, which needs --yes.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Option(help: ArgumentHelp("Apply exactly this plan, or nothing.", valueName: "id"))
    var planID: String?

    @Flag(help: "Wait until the deploys that it started are live, and fail when one is not.")
    var wait = false

    @Option(help: ArgumentHelp("Watch an apply that runs already, or see what came of it.", valueName: "id"))
    var follow: String?

    @OptionGroup var target: TargetOptions
    @OptionGroup var planning: PlanningOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if follow != nil, file != nil || planID != nil {
            throw ValidationError("--follow takes neither a file nor a plan.")
        }
        if follow == nil, file == nil, planID == nil { throw ValidationError("Name the blueprint.") }
        if let planID, planID.wholeMatch(of: /plan_[A-Za-z0-9]{8,128}/) == nil {
            throw ValidationError("--plan-id takes what a plan calls itself, such as plan_5f3a….")
        }
        if let follow, follow.wholeMatch(of: /apply_[A-Za-z0-9]+/) == nil {
            throw ValidationError("--follow takes what an apply calls itself, such as apply_01J….")
        }
    }

    func run() async throws {
        let server = try target.renderctl()
        if let follow {
            guard let server else {
                throw Failure(
                    "only renderctl-svc remembers applies", hints: ["Name it with --server or TUTTI_RENDERCTL_URL."])
            }
            return try await finish(RenderctlApply(server: server, waits: wait).follow(follow))
        }
        let request = try file.map { path in
            try PlanRequest(
                BlueprintFile(path, showing: output.writeForPrograms), target: target, planning: planning)
        }
        if let server {
            try await apply(through: server, request)
        } else {
            try await applyDirectly(request)
        }
    }

    private func apply(through server: RenderctlServer, _ request: PlanRequest?) async throws {
        let planID = planID
        let plan = try await Interruption.guarding {
            if let request { return try await server.plan(request) }
            return try await server.plan(planID ?? "")
        }
        guard try mayApply(plan) else { return }
        try await finish(RenderctlApply(server: server, waits: wait).start(plan, request))
    }

    private func applyDirectly(_ request: PlanRequest?) async throws {
        guard let request else {
            throw Failure(
                "without renderctl-svc nobody remembers \(planID ?? "the plan")",
                hints: ["Name the blueprint that it was made from, too; it is planned again and must come to the same."]
            )
        }
        let render = try await DirectRender(owner: request.owner)
        let plan = try await Interruption.guarding { try await render.plan(request) }
        let shown = ShownPlan(plan, of: request.file.path, note: DirectRender.remark)
        guard try mayApply(shown) else { return }
        try await finish(render.apply(plan, request, waits: wait))
    }

    /// Shows the plan and lets a person decide. False when there is nothing to apply.
    private func mayApply(_ plan: ShownPlan) throws -> Bool {
        if let planID, plan.id != planID {
            if !output.json { Terminal.note(plan.text) }
            throw Failure(
                "the plan is not \(planID) any more but \(plan.id); nothing was applied",
                hints: [
                    "The file, what is live or the options have changed since. Look at the plan above and apply that."
                ])
        }
        if !output.json { output.write(plan) }
        if plan.ending == Ending.blocked {
            if output.json { output.write(plan) }
            throw Failure("the plan is blocked: what it says above has to be settled first", code: Ending.blocked)
        }
        guard !plan.isEmpty else {
            if output.json { output.write(plan) }
            return false
        }
        if yes { return true }
        guard Terminal.canAsk else {
            throw Failure(
                "nobody can be asked here; nothing was applied", hints: ["Run it in a terminal, or add --yes."])
        }
        if output.json { Terminal.note(plan.text) }
        guard Terminal.ask("Apply it? Only 'yes' does: ") == "yes" else {
            throw Failure("it was not confirmed; nothing was applied")
        }
        return true
    }

    private func finish(_ applied: ShownApply) throws {
        Terminal.write(
            output.json
                ? JSONValue.object(applied.json).text
                : output.color.isOn ? Colouring.colour(applied.text) : applied.text)
        try Ending.end(applied.ending)
    }
}
