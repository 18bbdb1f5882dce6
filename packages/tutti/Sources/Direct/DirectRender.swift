// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Foundation
import Logging
import Render
import RenderPlans

/// Render itself, without renderctl-svc between. Nobody remembers what was applied, so the file and what is live are all
/// that there is to compare.
struct DirectRender: Sendable {
    static let remark = """
        Compared with what is live alone: without renderctl-svc nobody remembers what was applied, so a change made elsewhere \
        cannot be told from an edit of the file, and nothing is deleted.
        """
    static let driftRemark = "Without renderctl-svc the file is taken for what was applied last.\n"

    private let client: RenderClient
    private let ownerID: String
    private let fingerprints: Fingerprinter

    init(owner: String?, _ environment: [String: String] = ProcessInfo.processInfo.environment) async throws {
        guard let token = environment["RENDER_API_TOKEN"], !token.isEmpty else {
            throw Failure(
                "there is neither renderctl-svc nor a token of Render's API to work with",
                hints: [
                    "Set TUTTI_RENDERCTL_URL (or --server), or RENDER_API_TOKEN; plan --offline needs neither."
                ])
        }
        let address = environment["RENDER_API_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 } ?? RenderClient.address
        do {
            client = try RenderClient(
                baseURL: BaseURL(address), token: Secret(token), limits: Self.limits,
                // What it has to say is said in errors.
                logger: Logger(label: "render") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            throw Failure(
                "RENDER_API_BASE_URL is of no use: \(error)",
                hints: ["Leave it out for Render's own: \(RenderClient.address)"])
        }
        // The same for the same token, so that a plan has the same id when it is made again.
        fingerprints = Fingerprinter(key: Secret(Array("tutti direct plans \(token)".utf8)))
        ownerID = try await Self.owner(owner, client)
    }

    /// A person waits: a Render that cannot be reached is told of sooner than a daemon would.
    private static let limits = RenderClient.Limits(
        tries: 3, pauses: RetryPolicy(firstPause: .milliseconds(500), longestPause: .seconds(5)))

    private static func owner(_ wanted: String?, _ client: RenderClient) async throws -> String {
        let owners = try await client.owners()
        let list = owners.map { "\($0.id) (\($0.name))" }
        if let wanted {
            guard owners.contains(where: { $0.id == wanted }) else {
                throw Failure("the token does not reach the workspace \(wanted)", hints: ["It reaches:"] + list)
            }
            return wanted
        }
        guard let only = owners.first, owners.count == 1 else {
            throw Failure(
                owners.isEmpty ? "the token reaches no workspace" : "the token reaches several workspaces",
                hints: owners.isEmpty ? [] : ["Name one with --owner or RENDER_OWNER_ID:"] + list)
        }
        return only.id
    }

    /// What the file would change.
    func plan(_ request: PlanRequest) async throws -> Plan {
        guard !request.prunes, !request.prunesEnvironment else {
            throw Failure(
                "--prune and --prune-env need renderctl-svc: nobody else knows what was applied, and so what may be taken away",
                hints: ["Name it with --server or TUTTI_RENDERCTL_URL."])
        }
        let live = try await snapshot(request.file.blueprint)
        return compiler(request).plan(
            request.file.blueprint, live: live, applied: .assumingOurs(request.file.blueprint, live))
    }

    /// What differs from the file, each difference as a change that somebody made elsewhere.
    func drift(_ request: PlanRequest) async throws -> Plan {
        let blueprint = request.file.blueprint
        let live = try await snapshot(blueprint)
        let compiler = compiler(request)
        let wanted = compiler.plan(blueprint, live: live, applied: .assumingOurs(blueprint, live))
        return compiler.plan(
            blueprint, live: live, applied: .assumingApplied(blueprint, live, wanted.basis.records))
    }

    /// Carries a plan out, telling of every step.
    func apply(_ plan: Plan, _ request: PlanRequest, waits: Bool) async throws -> ShownApply {
        let blueprint = request.file.blueprint
        let entered = request.entered
        let locks = InMemoryFencedLocks()
        let applier = Applier(
            client: client, ledger: InMemoryLedger(), journal: InMemoryApplyJournal(locks: locks), locks: locks,
            live: LiveView(
                snapshot: { try await snapshot(blueprint) },
                resolver: { Resolver(blueprint: blueprint, live: $0, entered: entered) }, fingerprints: fingerprints))
        let options = ApplyOptions(waitForDeploys: waits ? Self.longestDeploy : nil)
        do {
            let report = try await Interruption.guarding {
                try await applier.apply(plan, principal: "tutti", options: options) { progress in
                    if let line = progress.line { Terminal.note(line) }
                }
            }
            return ShownApply(report, waits: waits)
        } catch is CancellationError {
            throw Failure(
                "the apply was interrupted; what was done so far stays",
                hints: ["Run the same command again: it plans from what is live then, and goes on."])
        }
    }

    /// As long as Render lets a build, what comes before the deploy, and the start take together.
    private static let longestDeploy = Duration.seconds(165 * 60)

    private func compiler(_ request: PlanRequest) -> PlanCompiler {
        PlanCompiler(name: request.name, fingerprints: fingerprints, options: request.options)
    }

    private func snapshot(_ blueprint: Blueprint) async throws -> Snapshot {
        try await SnapshotReader(client: client).read(
            ownerID: ownerID, blueprint: blueprint, applied: AppliedState()
        ).snapshot
    }
}

extension ApplyProgress {
    /// In a line for people; nil for what the report says anyway.
    fileprivate var line: String? {
        switch self {
        case .stepEnded(let resource, let step, .done): "\(resource): \(step): done"
        case .stepEnded(let resource, let step, .failed(let message)): "\(resource): \(step): failed: \(message)"
        case .deploy(let resource, let id, let status): "\(resource): deploy \(id): \(status)"
        case .began, .stepBegan, .stepEnded, .resourceEnded, .ended: nil
        }
    }
}

extension ShownApply {
    fileprivate init(_ report: ApplyReport, waits: Bool) {
        text = report.text
        json = report.json
        let hasFailedDeploy = waits && report.deploys.contains { $0.status.map { $0 != "live" } ?? false }
        ending = report.status == .succeeded && !hasFailedDeploy ? Ending.clean : Ending.error
    }
}
