// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import Foundation

/// `tutti render plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what applying a blueprint would change, and changes nothing.",
        discussion: """
            Counts come first, then every resource with + (made), ~ (changed), - (deleted) or -/+ (would have to be made anew). \
            Values of environment variables are never shown.

            Examples:
              tutti render plan --offline render.yaml           what it would make of an empty account; needs no network
              tutti render plan --server http://127.0.0.1:8083 render.yaml
              tutti render plan --json render.yaml | jq .counts
              envsubst < render.yaml | tutti render plan --offline -
              tutti render plan --set service/api.STRIPE_KEY=env:STRIPE_KEY render.yaml
            """)

    @Argument(
        help: "The blueprint, in Render's form or that of its API; - reads standard input.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Flag(help: "Plan against an empty account, without any network.")
    var offline = false

    @Option(help: ArgumentHelp("Write the plan as JSON to this file, too.", valueName: "file"), completion: .file())
    var out: String?

    @OptionGroup var target: TargetOptions
    @OptionGroup var planning: PlanningOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if offline, target.server != nil { throw ValidationError("--offline and --server exclude each other.") }
        if offline, planning.prune || planning.pruneEnv {
            throw ValidationError("--prune has no meaning with --offline.")
        }
    }

    func run() async throws {
        let file = try BlueprintFile(file) { invalid in
            if let out { try write(invalid, to: out) }
            output.writeForPrograms(invalid)
        }
        let request = try PlanRequest(file, target: target, planning: planning)
        let planner = try offline ? Planner.offline : Planner.named(by: target)
        let plan = try await Interruption.guarding { try await planner.plan(request) }
        if let out { try write(plan, to: out) }
        output.write(plan)
        try Ending.end(plan.ending)
    }

    private func write(_ plan: ShownPlan, to path: String) throws {
        do {
            try Data(JSONValue.object(plan.json).bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
