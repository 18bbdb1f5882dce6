// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Ends a tool call. Saying the same ending again changes nothing, and the first word stands.
package struct FinishToolCall: Command {
    package enum Ending: Sendable {
        /// The result as JSON, where there is any.
        case succeeded([UInt8]?)
        case failed(RunFailure)
    }

    package let call: WorkerCall
    package let place: ToolCallKey
    package let ending: Ending

    package init(call: WorkerCall, place: ToolCallKey, ending: Ending) {
        self.call = call
        self.place = place
        self.ending = ending
    }

    package var workspaceID: ID<Workspace> { call.workspaceID }

    package var needs: CommandNeeds {
        var needs = call.needs
        needs.rows.toolCalls.want(place)
        return needs
    }

    /// The tool call as it is afterwards.
    package func decide(_ state: inout FlushState) throws(Problem) -> ToolCall {
        let (lease, context) = try call.check(state)
        let found = try toolCall(in: state)
        do throws(StepError) {
            if try found.hasEnded(status, under: lease) { return found }
        } catch {
            throw Problem(error, "tool call")
        }
        switch ending {
        case .succeeded(let result):
            try state.record(.succeeded(result: result, epoch: lease.epoch), on: place, in: \.toolCalls, context)
        case .failed(let failure):
            try state.record(.failed(failure, epoch: lease.epoch), on: place, in: \.toolCalls, context)
        }
        return try toolCall(in: state)
    }

    private var status: ToolCallStatus {
        switch ending {
        case .succeeded: .succeeded
        case .failed: .failed
        }
    }

    private func toolCall(in state: FlushState) throws(Problem) -> ToolCall {
        guard let found = state.rows.toolCalls[place] else {
            throw Problem(.notFound, "There is no such tool call.")
        }
        return found
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> ToolCall {
        try toolCall(in: state)
    }
}
