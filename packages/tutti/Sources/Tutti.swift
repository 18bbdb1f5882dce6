// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command-line tool.
struct Tutti: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti",
        abstract: "Operates Tutti, a control plane for AI agents, from a command line or from CI.",
        version: "tutti 0.1.0", subcommands: [RenderCommand.self])
}

/// Everything about Render.
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Plans and applies blueprints of Render, and finds what was changed by hand.",
        discussion: """
            It works through renderctl-svc (--server or TUTTI_RENDERCTL_URL), which remembers what was applied and so tells an \
            edit of the file from a change made elsewhere, or with Render itself (RENDER_API_TOKEN), where there are only the \
            file and what is live to compare. `plan --offline` needs neither.

            Exit codes: 0 nothing to do, or all applied; 1 an error; 2 there are changes; 3 there is only drift, which means \
            that somebody changed something elsewhere; 4 the plan is blocked and says why.

            Environment:
              TUTTI_RENDERCTL_URL                         address of renderctl-svc
              TUTTI_USER, TUTTI_PASSWORD                  who signs in there (or BASIC_AUTH_USER, BASIC_AUTH_PASS)
              RENDER_API_TOKEN, RENDER_API_BASE_URL       Render's API, when there is no renderctl-svc
              RENDER_OWNER_ID                             the workspace on Render, when the token reaches several
              NO_COLOR                                    no colours, when it is set to anything
            """,
        subcommands: [PlanCommand.self, ApplyCommand.self, DriftCommand.self])
}
