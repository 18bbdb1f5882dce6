// SPDX-License-Identifier: Apache-2.0

package import Common

/// One call of an agent: what it is to do, and under which right.
package struct AgentCall: Sendable {
    package let agent: Agent
    package let assignment: Assignment
    /// When the run is over for us, whether it answers or not.
    package let deadline: Timestamp

    package init(agent: Agent, assignment: Assignment, deadline: Timestamp) {
        self.agent = agent
        self.assignment = assignment
        self.deadline = deadline
    }

    /// What the agent may deduplicate effects by: the same for every run and epoch of the task (design.md §7).
    package var idempotencyKey: String { assignment.taskID.rawValue + ":call" }
}

/// What an agent made of a call.
package enum AgentAnswer: Sendable {
    /// The result as JSON.
    case completed([UInt8])
    /// `leastPause` is what the agent asked for before another try.
    case failed(RunFailure, leastPause: Duration)
}

/// The way to agents of one kind. Implementations are adapters and know no queue and no database.
package protocol AgentTransport: Sendable {
    /// Carries out the call. Cancelling the task closes the connection. Never throws: a failure is an answer.
    func call(_ call: AgentCall) async -> AgentAnswer

    /// Tells the agent that nobody waits for the call any more; best effort, bounded in time.
    func cancel(_ call: AgentCall) async
}
