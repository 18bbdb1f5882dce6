// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Foundation
import Render
import RenderPlans

/// A fake Render with everything that an apply needs beside it.
struct ApplyWorld: Sendable {
    let fake: FakeRender
    let client: RenderClient
    let ledger = InMemoryLedger()
    let locks: InMemoryFencedLocks
    let journal: InMemoryApplyJournal
    let fingerprints = Fingerprinter(key: Secret(Array("0123456789abcdef".utf8)))
    /// Pauses take no time.
    var timing = ApplyTiming(clock: ImmediateClock())

    static let name = "main"

    init(_ fake: FakeRender) throws {
        self.fake = fake
        client = RenderClient(
            baseURL: try BaseURL(fake.baseURL), token: fake.token,
            paces: RenderPaces(
                limits: .init(reads: 1_000_000, writes: 1_000_000, logs: 1_000_000, deploys: 1_000_000),
                clock: ImmediateClock()),
            limits: .init(
                tries: 6, pauses: RetryPolicy(firstPause: .milliseconds(1), longestPause: .milliseconds(1)), looks: []))
        locks = InMemoryFencedLocks()
        journal = InMemoryApplyJournal(locks: locks)
    }

    /// Runs `body` beside a fresh fake.
    static func run<Value: Sendable>(
        _ change: (inout FakeRenderSettings) -> Void = { _ in }, _ body: (ApplyWorld) async throws -> Value
    ) async throws -> Value {
        try await FakeRender.run({ settings in
            settings.schemaPath = Reference.path("openapi.json")
            change(&settings)
        }) { try await body(ApplyWorld($0)) }
    }

    func applied() async -> AppliedState { await ledger.applied(ownerID: fake.ownerID, blueprint: Self.name) }

    func snapshot(_ blueprint: Blueprint) async throws -> Snapshot {
        try await SnapshotReader(client: client)
            .read(ownerID: fake.ownerID, blueprint: blueprint, applied: await applied()).snapshot
    }

    func plan(_ blueprint: Blueprint, _ options: PlanOptions = .testing) async throws -> Plan {
        PlanCompiler(name: Self.name, fingerprints: fingerprints, options: options)
            .plan(blueprint, live: try await snapshot(blueprint), applied: await applied())
    }

    func applier(
        _ blueprint: Blueprint, _ options: PlanOptions = .testing, journal: (any ApplyJournal)? = nil,
        ledger: (any Ledger)? = nil, locks: (any FencedLocks)? = nil
    ) -> Applier {
        let world = self
        return Applier(
            client: client, ledger: ledger ?? self.ledger, journal: journal ?? self.journal, locks: locks ?? self.locks,
            live: LiveView(
                snapshot: { try await world.snapshot(blueprint) },
                resolver: { Resolver(blueprint: blueprint, live: $0, entered: options.entered) },
                fingerprints: fingerprints),
            timing: timing)
    }

    /// One at whose writes into the journal and into the ledger it is killed.
    func applier(_ blueprint: Blueprint, killer: Killer) -> Applier {
        applier(
            blueprint, journal: KillingJournal(journal, killer: killer),
            ledger: KillingLedger(ledger: ledger, killer: killer))
    }

    /// The applies that have not ended.
    func unfinished() async -> [ApplyRecord] {
        await journal.unfinished(ownerID: fake.ownerID, blueprint: Self.name)
    }

    /// Plans and applies.
    @discardableResult
    func apply(
        _ blueprint: Blueprint, _ options: PlanOptions = .testing, _ applyOptions: ApplyOptions = ApplyOptions()
    ) async throws -> ApplyReport {
        try await applier(blueprint, options)
            .apply(try await plan(blueprint, options), principal: "tester", options: applyOptions)
    }

    /// The same without those that were called off.
    var carriedOut: [String: Int] {
        Dictionary(
            fake.services.map { service in
                (service.name, fake.deploys(of: service.id).count { $0.status != "canceled" })
            }, uniquingKeysWith: +)
    }

    /// How many deploys each service has had, by name.
    var deployCounts: [String: Int] {
        Dictionary(fake.services.map { ($0.name, fake.deploys(of: $0.id).count) }, uniquingKeysWith: +)
    }
}

extension PlanOptions {
    /// With a repository for services that name none.
    static var testing: PlanOptions { PlanOptions(repository: "https://github.com/acme/suite", branch: "main") }
}

extension Plan {
    /// What is left to do, in words.
    var left: [String] {
        actions.filter { $0.verb != .noop || $0.deploy != .none }.map { action in
            "\(action.verb.rawValue) \(action.address)"
                + action.changes.map { " \($0.target) \($0.reason.rawValue)" }.joined()
        }
    }
}

extension ApplyReport {
    func outcome(of resource: String) -> Outcome? {
        entries.first { $0.resource.description == resource }?.outcome
    }

    /// What went wrong, in words.
    var failures: [String] {
        entries.filter { !$0.outcome.isGood }.map { "\($0.resource) \($0.outcome)" }
    }
}

/// What is known about Render, beside the repository.
enum Reference {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/reference/render")

    static func path(_ name: String) -> String { root.appending(path: name).path() }

    static func blueprint(_ name: String) throws -> Blueprint {
        .read(try Array(Data(contentsOf: root.appending(path: "blueprints/\(name)"))))
    }

    static func blueprints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path("blueprints")).sorted()
    }
}

extension Blueprint {
    static func text(_ text: String) -> Blueprint { read(Array(text.utf8)) }
}

/// A clock on which every sleep is over at once.
struct ImmediateClock: Clock {
    typealias Instant = ContinuousClock.Instant

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
