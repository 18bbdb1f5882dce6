// SPDX-License-Identifier: Apache-2.0

import Common
import NIOCore
import ServiceLifecycle

/// The part of a stream in which a connection is written from its event loop; its task merely waits for the end.
struct TailConnection: Sendable {
    let channel: any Channel
    let tail: any EventTail
    let fanOut: TailFanOut
    /// Knows of a client that went before there was a writer in the pipeline to be told.
    let disconnect: Disconnect?

    /// How far it got.
    struct Outcome: Sendable {
        let ending: TailWriter.Ending
        let cursor: Int64
        let sent: Int
    }

    private struct State {
        var writer: TailWriter?
        var isStopped = false
    }

    /// Writes what follows `cursor` until the tail no longer has it, the daemon stops, or the other end has gone.
    func follow(after cursor: Int64) async -> Outcome {
        let state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: channel.eventLoop)
        return await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { continuation in
                    channel.eventLoop.execute { begin(state, after: cursor, continuation) }
                }
            } onGracefulShutdown: {
                stop(state)
            }
        } onCancel: {
            stop(state)
        }
    }

    private func begin(
        _ state: NIOLoopBoundBox<State>, after cursor: Int64, _ continuation: CheckedContinuation<Outcome, Never>
    ) {
        guard !state.value.isStopped, channel.isActive, disconnect?.isGone != true else {
            let ending = state.value.isStopped ? TailWriter.Ending.stopped : .gone
            return continuation.resume(returning: Outcome(ending: ending, cursor: cursor, sent: 0))
        }
        var held: TailWriter?
        let writer = TailWriter(channel, after: cursor) { ending in
            let outcome = Outcome(ending: ending, cursor: held?.cursor ?? cursor, sent: held?.sent ?? 0)
            held = nil
            state.value.writer = nil
            continuation.resume(returning: outcome)
        }
        held = writer
        state.value.writer = writer
        do {
            try channel.pipeline.syncOperations.addHandler(writer, position: .first)
            fanOut.join(writer, tail, channel.eventLoop)
        } catch {
            writer.end(.gone)
        }
    }

    private func stop(_ state: NIOLoopBoundBox<State>) {
        channel.eventLoop.execute {
            state.value.isStopped = true
            state.value.writer?.end(.stopped)
        }
    }
}
