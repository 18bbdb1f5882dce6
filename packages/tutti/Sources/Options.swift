// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import Foundation

/// Whom to ask, and about which workspace.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address of renderctl-svc; TUTTI_RENDERCTL_URL unless given.", valueName: "url"))
    var server: String?

    @Option(
        help: ArgumentHelp("The workspace on Render; RENDER_OWNER_ID, or the only one of the token.", valueName: "id"))
    var owner: String?

    @Option(
        help: ArgumentHelp(
            "What the blueprint is called: renderctl-svc remembers under that name what was applied.", valueName: "name"
        ))
    var name = "default"

    func validate() throws {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,62}/) != nil else {
            throw ValidationError("--name takes 1 to 63 lowercase letters, digits, '.', '_' and '-', no sign first.")
        }
        guard server.map({ !$0.isEmpty }) ?? true else { throw ValidationError("--server is empty.") }
    }

    /// renderctl-svc, when one is named.
    func renderctl() throws -> RenderctlServer? {
        let named = server ?? ProcessInfo.processInfo.environment["TUTTI_RENDERCTL_URL"]
        guard let named, !named.isEmpty else { return nil }
        return try RenderctlServer(named)
    }

    /// The workspace that was asked for.
    var wantedOwner: String? {
        let named = owner ?? ProcessInfo.processInfo.environment["RENDER_OWNER_ID"]
        return named.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What goes into a plan beside the file.
struct PlanningOptions: ParsableArguments {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "The value of a variable that the blueprint leaves to be entered: service/api.KEY=@file or =env:NAME. Again for each.",
            valueName: "target=source"))
    var entered: [EnteredValue] = []

    @Flag(help: "Delete services and groups that were applied under this name and are not in the file any more.")
    var prune = false

    @Flag(help: "The same for variables, headers, routes and domains of what stays.")
    var pruneEnv = false

    @Option(
        help: ArgumentHelp(
            "How many resources --prune is expected to delete; needed when they are many.", valueName: "count"))
    var pruneCount: Int?

    @Option(
        help: ArgumentHelp(
            "The repository that services are built from when the file names none; the one that the file lies in.",
            valueName: "url"))
    var repo: String?

    @Option(help: ArgumentHelp("The branch, in the same way; the repository's own unless given.", valueName: "name"))
    var branch: String?

    func validate() throws {
        if let pruneCount, pruneCount < 1 { throw ValidationError("--prune-count takes a number from 1.") }
        if pruneCount != nil, !prune { throw ValidationError("--prune-count is for --prune.") }
    }
}

/// How results are written.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Write JSON instead of text.")
    var json = false

    @Option(help: ArgumentHelp("Colours: auto (a terminal, and no NO_COLOR), always or never.", valueName: "when"))
    var color = ColourChoice.auto

    /// JSON where it is wanted; people have been told otherwise.
    func writeForPrograms(_ plan: ShownPlan) {
        if json { Terminal.write(JSONValue.object(plan.json).text) }
    }

    /// The text as wanted, or JSON.
    func write(_ plan: ShownPlan) {
        Terminal.write(json ? JSONValue.object(plan.json).text : color.isOn ? plan.colouredText : plan.text)
    }
}
