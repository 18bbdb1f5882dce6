// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common

/// `tutti render drift`.
struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Finds what somebody changed on Render since a blueprint was applied.",
        discussion: """
            It only reads, and ends with 3 when something differs. renderctl-svc compares with what was applied last under that \
            --name, and needs no file; with one, it also tells when the file is not what was applied. Without renderctl-svc the \
            file is taken for what was applied.

            Examples:
              tutti render drift --server https://renderctl.example --name shop
              tutti render drift render.yaml
            """)

    @Argument(help: "The blueprint; - reads standard input.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @OptionGroup var target: TargetOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let server = try target.renderctl()
        let file = try file.map { try BlueprintFile($0, showing: output.writeForPrograms) }
        let request = try file.map { try PlanRequest($0, target: target) }
        let (name, owner) = (target.name, target.wantedOwner)
        let drift = try await Interruption.guarding {
            if let server {
                if let request { try await Self.remark(on: server.plan(request), named: name) }
                return try await server.drift(name: name, owner: owner)
            }
            guard let request else {
                throw Failure(
                    "without renderctl-svc nobody remembers what was applied",
                    hints: ["Name the blueprint, or renderctl-svc with --server or TUTTI_RENDERCTL_URL."])
            }
            return try await ShownPlan(
                DirectRender(owner: owner).drift(request), of: request.file.path, note: DirectRender.driftRemark,
                isDrift: true)
        }
        output.write(drift)
        try Ending.end(drift.ending)
    }

    /// An edit of the file is no drift, but whoever names the file wants to know.
    private static func remark(on plan: ShownPlan, named name: String) {
        if plan.ending == Ending.changes || plan.ending == Ending.blocked {
            Terminal.note(
                "warning: the file is not what was applied last as \(name): 'tutti render plan' shows how it differs")
        }
    }
}
