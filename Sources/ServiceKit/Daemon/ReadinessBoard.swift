// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Logging

/// Asks what a daemon depends on, together and within a bound, and keeps the answer for a moment, because anybody may
/// ask.
actor ReadinessBoard {
    struct Check: Sendable {
        let name: String
        /// Whether the daemon is ready only with it. One that is not tells the log itself when it is lost.
        var isRequired = true
        let check: @Sendable () async throws -> Void
    }

    private let checks: [Check]
    private let logger: Logger
    private var latest: (time: ContinuousClock.Instant, checks: [Readiness.Check])?
    private var asking: Task<[Readiness.Check], Never>?
    private static let patience = Duration.seconds(2)
    private static let freshness = Duration.milliseconds(500)

    init(_ checks: [Check], logger: Logger) {
        self.checks = checks
        self.logger = logger
    }

    /// What is ready; throws `unavailable` with every check when something is not.
    func readiness(isDraining: Bool) async throws -> Readiness {
        let readiness = await checks(isDraining: isDraining)
        let missing = readiness.missing.map(\.name)
        guard !missing.isEmpty else { return readiness }
        throw Problem(
            .unavailable, "Not ready: \(missing.joined(separator: ", ")).", code: "not_ready",
            details: ["ready": false, "checks": try JSONValue.parse(readiness.checks.json)])
    }

    /// Every check, whatever became of it.
    func checks(isDraining: Bool) async -> Readiness {
        var results = await results()
        if isDraining { results.append(Readiness.Check(name: "daemon", isReady: false, detail: "is stopping")) }
        return Readiness(checks: results)
    }

    private func results() async -> [Readiness.Check] {
        if let latest, ContinuousClock.now - latest.time < Self.freshness { return latest.checks }
        if let asking { return await asking.value }
        let task = Task { [checks, logger] in await Self.ask(checks, logger) }
        asking = task
        let results = await task.value
        latest = (.now, results)
        asking = nil
        return results
    }

    private static func ask(_ checks: [Check], _ logger: Logger) async -> [Readiness.Check] {
        await withTaskGroup(of: (Int, Readiness.Check).self) { group in
            for (position, check) in checks.enumerated() {
                group.addTask { (position, await ask(check, logger)) }
            }
            var results: [(Int, Readiness.Check)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func ask(_ check: Check, _ logger: Logger) async -> Readiness.Check {
        do {
            try await withDeadline(
                patience, throwing: Problem(.timeout, "Did not answer within two seconds."), check.check)
            return Readiness.Check(name: check.name, isReady: true, isRequired: check.isRequired)
        } catch {
            logger.log(
                level: check.isRequired ? .warning : .debug, "A dependency is not ready.", error: error,
                metadata: ["dependency": .string(check.name)])
            // Errors of libraries may name addresses; only our own words leave the process.
            return Readiness.Check(
                name: check.name, isReady: false, isRequired: check.isRequired,
                detail: (error as? Problem)?.message ?? "Cannot be reached.")
        }
    }
}
