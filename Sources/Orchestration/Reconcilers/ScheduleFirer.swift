// SPDX-License-Identifier: Apache-2.0

package import Common
import Domain
package import Logging
package import Postgres
import Store
import Synchronization

/// Makes the tasks of schedules when their time has come; sleeps until the next fire of any.
///
/// Every orchestrator does this, and all wake at the same moment; `FireSchedule` sees to it that one of them is first.
package final class ScheduleFirer: Sendable {
    /// Schedules that are fired side by side; their commands share flushes.
    private static let batch = 200
    /// Rounds of one pass; what is left then is left to the next.
    private static let rounds = 50

    private let pool: PostgresPool
    private let commit: GroupCommit
    private let actor: Principal
    private let logger: Logger
    /// When the next schedule fires, as far as known here.
    private let next = Mutex<Timestamp?>(nil)

    package init(pool: PostgresPool, commit: GroupCommit, actor: Principal, logger: Logger) {
        self.pool = pool
        self.commit = commit
        self.actor = actor
        self.logger = logger
    }

    /// Learns of a fire to come; says whether it is before all that were known.
    package func learn(_ time: Timestamp) -> Bool {
        next.withLock { next in
            if let known = next, known <= time { return false }
            next = time
            return true
        }
    }

    /// One pass: makes what is due and says how long to sleep.
    package func pass() async throws -> Duration? {
        guard let known = next.withLock({ $0 }) else { return nil }
        let now = Timestamp.now()
        if known > now { return known - now }
        next.withLock { $0 = nil }
        for _ in 0..<Self.rounds {
            let statement = ScheduleStore.due(at: .now(), limit: Self.batch)
            let due = try statement.decode(try await pool.query(statement.sql))
            let (isDone, hasFailed) = await fire(due)
            // What could not be fired is left to the next pulse, so that it is not tried without a pause.
            if isDone || hasFailed { return next.withLock { $0 }.map { max(.zero, $0 - .now()) } }
        }
        _ = learn(.now())
        return .zero
    }

    /// Whether all that is due has been made, and whether any could not be.
    private func fire(_ due: [Schedule]) async -> (isDone: Bool, hasFailed: Bool) {
        await withTaskGroup(of: FireSchedule.Outcome?.self) { group in
            for schedule in due { group.addTask { await self.fire(schedule) } }
            var isDone = due.count < Self.batch
            var hasFailed = false
            for await outcome in group {
                switch outcome {
                case .fired, .idle: break
                case .changed: isDone = false
                case nil: hasFailed = true
                }
            }
            return (isDone, hasFailed)
        }
    }

    /// Nil when it could not be fired.
    private func fire(_ schedule: Schedule) async -> FireSchedule.Outcome? {
        do {
            let command = FireSchedule(
                schedule: schedule, actor: actor, traceID: TraceContext.makeRoot().traceID)
            let outcome = try await commit.submit(command)
            if case .fired(let count) = outcome {
                logger.debug(
                    "schedule fired", metadata: ["schedule_id": "\(schedule.id)", "fires": "\(count)"])
            }
            return outcome
        } catch {
            logger.warning("schedule not fired", error: error, metadata: ["schedule_id": "\(schedule.id)"])
            return nil
        }
    }
}
