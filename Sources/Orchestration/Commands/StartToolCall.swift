// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// Starts a tool call within a step that is under way, or finds the one that has its key. One that did not succeed and whose
/// worker is gone is started again.
package struct StartToolCall: Command {
    package enum Outcome: Sendable {
        case created(ToolCall)
        /// Made earlier; perhaps started again just now.
        case existing(ToolCall)
        /// Made or found by this very command, whose first answer was lost.
        case recalled(ID<ToolCall>, isNew: Bool)
    }

    package let call: WorkerCall
    package let step: StepKey
    package let stepID: ID<Step>
    /// Nil for a call that cannot be found again.
    package let key: String?
    package let tool: String
    /// JSON, where there are any.
    package let arguments: [UInt8]?

    package init(
        call: WorkerCall, step: StepKey, stepID: ID<Step>, key: String?, tool: String, arguments: [UInt8]?
    ) {
        self.call = call
        self.step = step
        self.stepID = stepID
        self.key = key
        self.tool = tool
        self.arguments = arguments
    }

    package var workspaceID: ID<Workspace> { call.workspaceID }

    package var needs: CommandNeeds {
        var needs = call.needs
        needs.rows.steps.want(step)
        if let key { needs.rows.toolCalls.want(.keyed(stepID, key)) }
        return needs
    }

    package func decide(_ state: inout FlushState) throws(Problem) -> Outcome {
        let (lease, context) = try call.check(state)
        guard let parent = state.rows.steps[step] else { throw .notFound("step", stepID.rawValue) }
        let earlier = key.flatMap { state.rows.toolCalls[.keyed(stepID, $0)] }
        if let earlier, !earlier.isToBeRestarted(under: lease) { return .existing(earlier) }
        do throws(StepError) {
            try parent.requireRunning(under: lease)
        } catch {
            throw Problem(error, "step")
        }
        let id = earlier?.id ?? .make()
        let place = key.map { ToolCallKey.keyed(stepID, $0) } ?? .single(id)
        try state.record(
            .started(
                ToolCallStart(
                    id: id, stepID: stepID, stepKey: step.key, tool: tool, arguments: arguments, epoch: lease.epoch)),
            on: place, in: \.toolCalls, context.because(parent.lastEventID))
        guard let started = state.rows.toolCalls[place] else { throw .notFound("tool call", id.rawValue) }
        return earlier == nil ? .created(started) : .existing(started)
    }

    package func memo(of outcome: Outcome) -> [UInt8]? {
        switch outcome {
        case .created(let call): Array("+\(call.id)".utf8)
        case .existing(let call): Array("=\(call.id)".utf8)
        case .recalled: nil
        }
    }

    package func recall(_ memo: [UInt8]?, _ state: FlushState) throws(Problem) -> Outcome {
        let text = String(decoding: memo ?? [], as: UTF8.self)
        return .recalled(ID(trusted: String(text.dropFirst())), isNew: text.hasPrefix("+"))
    }
}
