// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Starts a step of a run, or finds the one that has its key. One that did not complete and whose worker is gone is started
/// again.
package struct StartStep: Command {
    package enum Outcome: Sendable {
        case created(Step)
        /// Made earlier; perhaps started again just now.
        case existing(Step)
        /// Made or found by this very command, whose first answer was lost.
        case recalled(isNew: Bool)
    }

    package let call: WorkerCall
    package let key: String
    package let name: String
    package let kind: String?
    /// JSON, where there is any.
    package let input: [UInt8]?

    package init(call: WorkerCall, key: String, name: String, kind: String?, input: [UInt8]?) {
        self.call = call
        self.key = key
        self.name = name
        self.kind = kind
        self.input = input
    }

    package var workspaceID: ID<Workspace> { call.workspaceID }
    package var place: StepKey { StepKey(runID: call.proof.runID, key: key) }

    package var needs: CommandNeeds {
        var needs = call.needs
        needs.rows.steps.want(place)
        needs.rows.steps.want(.latest(of: call.proof.runID))
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        let (lease, context) = try call.check(state)
        let earlier = state.rows.steps[place]
        if let earlier, !earlier.isToBeRestarted(under: lease) { return .existing(earlier) }
        let last = state.rows.steps.known.lazy.filter { $0.runID == lease.runID }.map(\.number).max() ?? 0
        try state.record(
            .started(
                StepStart(
                    id: earlier?.id ?? .make(), number: earlier?.number ?? last + 1, name: name, kind: kind,
                    input: input, epoch: lease.epoch)),
            on: place, in: \.steps,
            // Also when it is started again: that is because of the run's new start.
            context.because(try state.task(call.taskID).task.lastEventID))
        guard let step = state.rows.steps[place] else { throw .notFound("step", key) }
        return earlier == nil ? .created(step) : .existing(step)
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        if case .created = outcome { [1] } else { [0] }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome {
        .recalled(isNew: memo == [1])
    }
}
