// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import FoundationEssentials

/// The first thing in a workspace's log that is not as it was written.
package enum ChainFinding: Sendable, Equatable, CustomStringConvertible {
    case bodyChanged(position: Int64, event: UUID)
    /// The envelope, the place, or the hash beside it is another one: edited, moved or renumbered.
    case envelopeChanged(position: Int64, event: UUID)
    case eventMissing(position: Int64)
    /// An event that belongs to no block.
    case eventUnsealed(position: Int64, event: UUID)
    case streamOutOfOrder(position: Int64, event: UUID, expected: Int64)
    case blockMissing(Int64)
    /// Every event agrees with its own hashes, but together they are not what was sealed.
    case blockChanged(Int64, first: Int64, last: Int64)
    case chainBroken(block: Int64)
    /// The heads that new events are appended to do not agree with the log.
    case headChanged(String)
    /// The log contradicts a head that was signed and kept outside; something in this range was rewritten.
    case historyRewritten(block: Int64, first: Int64, last: Int64)
    /// A head was kept outside of a block that is gone.
    case blocksTruncated(kept: Int64, found: Int64, first: Int64)
    case headForged(block: Int64)

    /// The event that it names.
    package var eventID: UUID? {
        switch self {
        case .bodyChanged(_, let event), .envelopeChanged(_, let event), .eventUnsealed(_, let event),
            .streamOutOfOrder(_, let event, _):
            event
        case .eventMissing, .blockMissing, .blockChanged, .chainBroken, .headChanged, .historyRewritten,
            .blocksTruncated, .headForged:
            nil
        }
    }

    package var description: String {
        switch self {
        case .bodyChanged(let position, let event):
            "event \(event.lowercased) at position \(position): its body is not the one that was recorded"
        case .envelopeChanged(let position, let event):
            "event \(event.lowercased) at position \(position): its envelope or its place was changed"
        case .eventMissing(let position): "the event at position \(position) is missing"
        case .eventUnsealed(let position, let event):
            "event \(event.lowercased) at position \(position): it belongs to no block, so it was inserted"
        case .streamOutOfOrder(let position, let event, let expected):
            "event \(event.lowercased) at position \(position): its stream continues with number \(expected) instead"
        case .blockMissing(let block): "block \(block) is missing"
        case .blockChanged(let block, let first, let last):
            "block \(block), events \(first) to \(last): the events are not those that were sealed"
        case .chainBroken(let block): "block \(block): it is not chained to the one before it"
        case .headChanged(let what): "the head of \(what) does not agree with the log"
        case .historyRewritten(let block, let first, let last):
            "events \(first) to \(last): rewritten, since block \(block) is not the one that was signed and kept outside"
        case .blocksTruncated(let kept, let found, let first):
            "the event at position \(first) is missing: block \(kept) was signed and kept outside, the log ends with \(found)"
        case .headForged(let block): "the head kept of block \(block) has a false signature"
        }
    }
}

/// What a verification has seen of one workspace.
package struct ChainReport: Sendable {
    package let workspaceID: ID<Workspace>
    package var blocks: Int64 = 0
    package var events: Int64 = 0
    /// Heads kept outside that were compared.
    package var heads = 0
    /// Nil when everything is as it was written.
    package var finding: ChainFinding?
}

extension UUID {
    fileprivate var lowercased: String { uuidString.lowercased() }
}
