// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The sessions of processes that claim runs.
package enum WorkersAPI {
    package static let open = Endpoint<NewWorkerInput, WorkerView>(
        "openWorkerSession", .post, "/v1/workers", .workers(.workRuns), "Opens a session for one life of a worker.",
        description: """
            The worker beats every `heartbeat_seconds`. When nothing was heard for `lifetime_seconds`, all runs it holds \
            go to others under the next epoch. A process that starts anew opens a new session.
            """,
        tag: "work", success: [201])

    package static let beat = Endpoint<WorkerInput, WorkerBeatView>(
        "beatWorkerSession", .post, "/v1/workers/{worker_session_id}/heartbeat", .workers(.workRuns),
        "Keeps a session and all its leases alive.",
        description: """
            A run that the worker holds and the answer does not name is no longer its own: its task was cancelled or \
            ended by hand, or the lease was lost. A run that it names and no claim has brought was taken by a claim \
            whose answer was lost: the worker carries it out or releases it with the token that stands there. 409 \
            `session_expired` says that nothing is its own any more.
            """,
        tag: "work", problems: [.conflict], isIdempotent: true)

    package static let end = Endpoint<WorkerInput, NoContent>(
        "endWorkerSession", .delete, "/v1/workers/{worker_session_id}", .workers(.workRuns),
        "Ends a session; what it still holds goes to others at once.", tag: "work", success: [204])

    package static let list = Endpoint<ListWorkersInput, Page<WorkerView>>(
        "listWorkers", .get, "/v1/workers", .peopleAndServices(.readRuns), "Lists the sessions that are alive.",
        tag: "work")

    package static let catalogue: [AnyEndpoint] = [open.route, beat.route, end.route, list.route]
}

/// `POST /v1/workers`.
package struct NewWorkerInput: WireInput {
    package static let wireName = "NewWorker"

    package let workspaceID: ID<Workspace>
    package let name: String
    package let agents: [String]
    package let labels: [String]
    package let capacity: Int?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.member("name", "What people know it by, such as its host and process.", .string(.token, max: 128))
        agents =
            reader.optional(
                "agents", "The agents whose runs it takes.", .array(of: .string(.name, max: 63), max: 100, unique: true)
            )
            ?? []
        labels =
            reader.optional(
                "labels", "The labels it takes runs by.", .array(of: .string(.name, max: 63), max: 100, unique: true))
            ?? []
        capacity = reader.optional("capacity", "Runs it carries out at the same time.", .integer(1...10_000))
    }
}

/// Names a worker session in a path.
package struct WorkerInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let session: ID<WorkerSession>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        session = reader.path("worker_session_id", "The session.", .id())
    }
}

/// `GET /v1/workers`.
package struct ListWorkersInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let cursor: ID<WorkerSession>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// A worker session.
package struct WorkerView: WireObject {
    package static let wireName = "WorkerSession"

    /// What a view shows, from wherever it comes.
    package struct Content: Sendable {
        package var session: ID<WorkerSession>
        package var name: String
        package var agents: [String]
        package var labels: [String]
        package var capacity: Int?
        package var principal: Principal?
        package var held: Int
        package var startedAt: Timestamp
        package var lastBeatAt: Timestamp?
        package var expiresAt: Timestamp
        package var beat: Duration
        package var lifetime: Duration

        package init(
            session: ID<WorkerSession>, name: String, agents: [String], labels: [String], capacity: Int?,
            principal: Principal?, held: Int, startedAt: Timestamp, lastBeatAt: Timestamp?, expiresAt: Timestamp,
            beat: Duration, lifetime: Duration
        ) {
            self.session = session
            self.name = name
            self.agents = agents
            self.labels = labels
            self.capacity = capacity
            self.principal = principal
            self.held = held
            self.startedAt = startedAt
            self.lastBeatAt = lastBeatAt
            self.expiresAt = expiresAt
            self.beat = beat
            self.lifetime = lifetime
        }
    }

    package let content: Content

    package init(_ content: Content) { self.content = content }

    package static let fields: [Field<WorkerView>] = [
        Field("worker_session_id", "Names the session.") { $0.content.session },
        Field("name", "What people know the worker by.") { $0.content.name },
        Field("agents", "The agents whose runs it takes.") { $0.content.agents },
        Field("labels", "The labels it takes runs by.") { $0.content.labels },
        Field("capacity", "Runs it carries out at the same time; null when it does not say.") { $0.content.capacity },
        Field("principal", "Who opened it; null for an engine of an orchestrator.") { $0.content.principal?.text },
        Field("held", "Runs it holds now.") { $0.content.held },
        Field("heartbeat_seconds", "How often it is to beat.") { Int($0.content.beat.components.seconds) },
        Field("lifetime_seconds", "How long it lives without a beat.") { Int($0.content.lifetime.components.seconds) },
        Field("started_at", "When it was opened.") { $0.content.startedAt },
        Field("last_beat_at", "When it was last heard; null when unknown.") { $0.content.lastBeatAt },
        Field("expires_at", "When it dies unless it is heard.") { $0.content.expiresAt },
    ]
}

/// What a beat is answered with.
package struct WorkerBeatView: WireObject {
    package static let wireName = "WorkerHeartbeat"

    package let expiresAt: Timestamp
    package let leases: [HeldLeaseView]

    package init(expiresAt: Timestamp, leases: [HeldLeaseView]) {
        self.expiresAt = expiresAt
        self.leases = leases
    }

    package static let fields: [Field<WorkerBeatView>] = [
        Field("expires_at", "When the session dies unless it is heard again.") { $0.expiresAt },
        Field("leases", "What the session holds.") { $0.leases },
    ]
}

/// One lease of a session.
package struct HeldLeaseView: WireObject {
    package static let wireName = "HeldLease"

    package let lease: Lease
    package let agent: String
    package let claimedAt: Timestamp
    package let token: Secret<String>?

    /// `token` is nil for whoever has not opened the session.
    package init(_ lease: Lease, agent: String, claimedAt: Timestamp, token: Secret<String>?) {
        self.lease = lease
        self.agent = agent
        self.claimedAt = claimedAt
        self.token = token
    }

    package static let fields: [Field<HeldLeaseView>] = [
        Field("run_id", "The run.") { $0.lease.runID },
        Field("agent", "Whose run it is.") { $0.agent },
        Field("claimed_at", "When it was claimed.") { $0.claimedAt },
        Field("lease_epoch", "Under which epoch.") { $0.lease.epoch },
        Field("lease_token", "As the claim answered it; null unless the caller has opened the session.") {
            $0.token?.reveal()
        },
    ]
}
