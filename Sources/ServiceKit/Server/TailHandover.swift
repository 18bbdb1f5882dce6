// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What the body of a stream throws when it has nothing left to do but to follow its tail, for which it needs no task.
///
/// The connection's task passes it on and so ends, and with it goes its memory; the connection stays.
struct TailHandover: Error, Sendable {
    let source: TailSource
    let channel: any Channel
    /// Knows of a client that went before there was a writer in the pipeline to be told.
    let disconnect: Disconnect?

    /// Makes the connection the stream's own. When that cannot be, because it is closed, the request has ended here.
    func begin(_ record: RequestRecord, _ openTails: OpenTails) async {
        let begun = channel.eventLoop.submit {
            guard channel.isActive, disconnect?.isGone != true else { throw ChannelError.ioOnClosedChannel }
            let writer = TailWriter(source, record, openTails)
            try channel.pipeline.syncOperations.addHandler(writer, position: .first)
            writer.begin()
        }
        do { try await begun.get() } catch { record.end() }
    }
}
