// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// The queues of agents: what stands in them, and whether they are handed out.
package enum QueuesAPI {
    package static let list = Endpoint<ListQueuesInput, Page<QueueView>>(
        "listQueues", .get, "/v1/queues", .peopleAndServices(.readRuns), "Lists the queues of all agents, by name.",
        tag: "queues")

    package static let pause = Endpoint<PauseQueueInput, QueueView>(
        "pauseQueue", .post, "/v1/queues/{agent}/pause", .peopleAndServices(.manageQueues),
        "Stops handing out runs of an agent; what runs goes on.", tag: "queues", isIdempotent: true)

    package static let resume = Endpoint<QueueInput, QueueView>(
        "resumeQueue", .post, "/v1/queues/{agent}/resume", .peopleAndServices(.manageQueues),
        "Goes on handing out runs of an agent.", tag: "queues", isIdempotent: true)

    package static let catalogue: [AnyEndpoint] = [list.route, pause.route, resume.route]
}

/// Names a queue in a path.
package struct QueueInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let agent: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        agent = reader.path("agent", "The agent.", .string(.name, max: 63))
    }
}

/// `POST /v1/queues/{agent}/pause`.
package struct PauseQueueInput: WireInput {
    package static let wireName = "QueuePause"

    package let workspaceID: ID<Workspace>
    package let agent: String
    package let reason: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        agent = reader.path("agent", "The agent.", .string(.name, max: 63))
        reason = reader.optional("reason", "Why.", .string(.text, max: 1000))
    }
}

/// `GET /v1/queues`.
package struct ListQueuesInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let cursor: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.pageLimit()
        cursor = reader.pageCursor(.string(.name, max: 63))
    }
}

/// What stands in an agent's queue.
package struct QueueView: WireObject {
    package static let wireName = "Queue"

    package let queue: AgentQueue
    package let ready: Int
    package let delayed: Int
    package let parked: Int
    package let held: Int
    package let oldestReadyAt: Timestamp?

    package init(
        _ queue: AgentQueue, ready: Int, delayed: Int, parked: Int, held: Int, oldestReadyAt: Timestamp?
    ) {
        self.queue = queue
        self.ready = ready
        self.delayed = delayed
        self.parked = parked
        self.held = held
        self.oldestReadyAt = oldestReadyAt
    }

    package static let fields: [Field<QueueView>] = [
        Field("agent", "The agent.") { $0.queue.agent },
        Field("ready", "Runs that could be claimed; counted up to 10000.") { $0.ready },
        Field("delayed", "Runs that wait for their time or for runs before them; counted up to 10000.") { $0.delayed },
        Field("parked", "Runs that a limit holds up; counted up to 10000.") { $0.parked },
        Field("held", "Runs that workers hold.") { $0.held },
        Field("oldest_ready_at", "Since when the first of the lowest priority is ready; null when none is.") {
            $0.oldestReadyAt
        },
        Field("paused_at", "Since when nothing is handed out; null while it runs.") { $0.queue.pausedAt },
        Field("paused_by", "Who paused it; null while it runs.") { $0.queue.pausedBy?.text },
        Field("reason", "Why it was paused; null without.") { $0.queue.reason },
    ]
}
