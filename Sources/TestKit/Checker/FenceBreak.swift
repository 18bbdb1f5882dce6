// SPDX-License-Identifier: Apache-2.0

package import Postgres
import Testing

/// A way to switch the fence of epochs off in the database of a test. The kernel stays as it is: it decides on rows that a
/// trigger keeps from telling who holds the run now.
package struct FenceBreak: Sendable, CustomTestStringConvertible {
    package let name: String
    /// What the checker must find when a worker that went silent then reports.
    package let finds: Set<Finding.Kind>
    /// The body of a trigger on updates of `proj_runs`.
    private let body: String

    package var testDescription: String { name }

    /// The holder that a row has had first stays in it, so that a stale worker passes for the living one.
    package static let firstHolderStays = FenceBreak(
        name: "the first holder stays in the row", finds: [.staleEffect, .wrongProjection],
        body: """
            IF OLD.epoch > 0 THEN
                NEW.epoch := OLD.epoch;
                NEW.worker_session_id := OLD.worker_session_id;
            END IF;
            RETURN NEW;
            """)

    /// The row stays as the first claim left it, its status included, so that a completed run can be completed again.
    package static let firstClaimStays = FenceBreak(
        name: "the row stays as it was claimed first",
        finds: [.staleEffect, .doubleEffect, .illegalTransition, .wrongProjection],
        body: "IF OLD.epoch > 0 THEN RETURN OLD; END IF; RETURN NEW;")

    /// A run that is given back forgets its epoch, so that the next one has the same number, and keeps its first holder.
    package static let epochsBeginAnew = FenceBreak(
        name: "a run that is given back forgets its epoch", finds: [.twoLiveEpochs],
        body: """
            IF NEW.status = 'queued' THEN NEW.epoch := 0; END IF;
            IF OLD.worker_session_id IS NOT NULL THEN NEW.worker_session_id := OLD.worker_session_id; END IF;
            RETURN NEW;
            """)

    package static let all = [firstHolderStays, firstClaimStays, epochsBeginAnew]

    /// To be run one after the other by the owner of the schema.
    package var statements: [SQL] {
        [
            """
            CREATE FUNCTION orchestrator.break_fence() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN \(unsafeRaw: body) END $$
            """,
            """
            CREATE TRIGGER break_fence BEFORE UPDATE ON orchestrator.proj_runs
                FOR EACH ROW EXECUTE FUNCTION orchestrator.break_fence()
            """,
        ]
    }
}
