// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Common
import ServiceKit

/// The control plane: tasks, runs, events, live streams, and the embedded engine.
@main
struct OrchestratorService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: OrchestratorService.daemonName,
        abstract: "The control plane of Tutti. Without a subcommand it serves.",
        subcommands: [Serve.self, Verify.self, Rebuild.self], defaultSubcommand: Serve.self)

    static let daemonName = "orchestrator-svc"

    /// Its endpoints beside those that every daemon has.
    static let catalogue: [AnyEndpoint] = OrchestratorAPI.catalogue
}

/// The daemon itself.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves until SIGTERM or SIGINT.")

    func run() async throws {
        await Daemon.run(
            OrchestratorService.daemonName,
            summary: "Takes tasks in, runs them durably on agents, and keeps one record of everything that happened.",
            catalogue: OrchestratorService.catalogue, wire)
    }
}
