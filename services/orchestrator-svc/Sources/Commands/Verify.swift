// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import Crypto
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceKit
import Store

/// Recomputes the whole chain and names the first event that is not as it was written.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verifies the event log of every workspace, against the heads that logging-svc keeps.",
        discussion: "Exit codes: 0 when everything is as it was written, 1 when it is not, 2 when it cannot be told.")

    @Flag(help: "Do not ask logging-svc for signed heads. A log chained anew after a change is then not found out.")
    var withoutKeptHeads = false

    func run() async throws {
        let daemonConfiguration = Daemon.configurationOrExit(OrchestratorService.daemonName)
        let settings = try Settings(daemonConfiguration)
        let pool = PostgresPool(
            Settings.commandDatabase(settings.databaseURL, role: OrchestratorSchema.appRole),
            logger: Logger(label: "verify"))
        let isIntact: Bool
        do {
            isIntact = try await verify(settings, pool)
        } catch {
            FileHandle.standardError.write(Data("cannot verify: \(error)\n".utf8))
            Daemon.end(2)
        }
        await pool.shutdown()
        Daemon.end(isIntact ? 0 : 1)
    }

    private func verify(_ settings: Settings, _ pool: PostgresPool) async throws -> Bool {
        let keeper = HeadClient(
            client: ServiceClient(
                peer: "logging-svc", baseURL: settings.loggingURL,
                credential: .internalKey(settings.internalKey, service: OrchestratorService.daemonName)))
        let workspaces = EventStore.workspaceHeads()
        var isIntact = true
        for workspace in try workspaces.decode(try await pool.query(workspaces.sql)) {
            let heads = withoutKeptHeads ? [] : try await keptHeads(of: workspace.workspaceID, by: keeper)
            if let stranger = heads.first(where: {
                $0.publicKey != Array(settings.signingKey.publicKey.rawRepresentation)
            }) {
                isIntact = false
                print(
                    "\(workspace.workspaceID): the head kept of block \(stranger.head.block) is signed by another key")
                continue
            }
            let report = try await ChainVerifier(workspaceID: workspace.workspaceID, heads: heads).verify(on: pool)
            isIntact = isIntact && report.finding == nil
            print(Self.line(report))
        }
        return isIntact
    }

    private func keptHeads(of workspaceID: ID<Workspace>, by keeper: HeadClient) async throws -> [SignedHead] {
        var heads: [SignedHead] = []
        while true {
            let page = try await keeper.heads(of: workspaceID, afterBlock: heads.last?.head.block ?? 0)
            if page.isEmpty { return heads }
            heads += page
        }
    }

    private static func line(_ report: ChainReport) -> String {
        let seen = "\(report.events) events in \(report.blocks) blocks, \(report.heads) kept heads compared"
        guard let finding = report.finding else { return "\(report.workspaceID): intact; \(seen)" }
        return "\(report.workspaceID): NOT INTACT: \(finding); until there \(seen)"
    }
}
