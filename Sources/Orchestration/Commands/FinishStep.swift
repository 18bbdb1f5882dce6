// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Ends a step. Saying the same ending again changes nothing, and the first word stands.
package struct FinishStep: Command {
    package enum Ending: Sendable {
        /// The output as JSON, where there is any.
        case completed([UInt8]?)
        case failed(RunFailure)
    }

    package let call: WorkerCall
    package let place: StepKey
    package let ending: Ending

    package init(call: WorkerCall, place: StepKey, ending: Ending) {
        self.call = call
        self.place = place
        self.ending = ending
    }

    package var workspaceID: ID<Workspace> { call.workspaceID }

    package var needs: CommandNeeds {
        var needs = call.needs
        needs.rows.steps.want(place)
        return needs
    }

    /// The step as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> Step {
        let (lease, context) = try call.check(state)
        let step = try step(in: state)
        do throws(StepError) {
            if try step.hasEnded(status, under: lease) { return step }
        } catch {
            throw Problem(error, "step")
        }
        switch ending {
        case .completed(let output):
            try state.record(.completed(output: output, epoch: lease.epoch), on: place, in: \.steps, context)
        case .failed(let failure):
            try state.record(.failed(failure, epoch: lease.epoch), on: place, in: \.steps, context)
        }
        return try self.step(in: state)
    }

    private var status: StepStatus {
        switch ending {
        case .completed: .completed
        case .failed: .failed
        }
    }

    private func step(in state: FlushState) throws(Problem) -> Step {
        guard let step = state.rows.steps[place] else { throw .notFound("step", place.key) }
        return step
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Step { try step(in: state) }
}
