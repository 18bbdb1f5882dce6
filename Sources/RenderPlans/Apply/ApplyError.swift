// SPDX-License-Identifier: Apache-2.0

import Blueprints
package import Common

/// Why an apply did not run, or stopped before it was through. Nothing in it is a secret.
package enum ApplyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The plan may not be carried out: its blocks and the errors of its file.
    case blocked([String])
    /// What is live is not what the plan was made for: the fields that have moved since.
    case stale([StaleField])
    /// Another apply of the blueprint runs.
    case locked(by: String, until: String)
    /// The lock went to somebody else while the apply ran: nothing more was written.
    case lockLost
    /// More resources would be pruned than is allowed at once.
    case tooManyPruned(count: Int, limit: Int)
    /// No apply of that id is known.
    case unknown(applyID: String)
    /// It has ended already.
    case ended(applyID: String, status: ApplyStatus)

    /// Stable and machine-readable.
    package var code: String {
        switch self {
        case .blocked: "plan_blocked"
        case .stale: "plan_stale"
        case .locked: "apply_locked"
        case .lockLost: "lock_lost"
        case .tooManyPruned: "prune_limit"
        case .unknown: "apply_unknown"
        case .ended: "apply_ended"
        }
    }

    /// What happened, and what to do next.
    package var description: String {
        switch self {
        case .blocked(let reasons):
            "the plan is blocked: \(reasons.joined(separator: "; ")); correct the blueprint and plan again"
        case .stale(let fields):
            "the plan is stale: since it was made, \(Self.words(fields)); plan again"
        case .locked(let holder, let time):
            "\(holder) applies this blueprint, until \(time) at the latest; try again after it"
        case .lockLost:
            "the lock of this blueprint was lost and nothing more was written; resume the apply, or plan again"
        case .tooManyPruned(let count, let limit):
            "\(count) resources would be pruned and \(limit) may be at once; raise the limit when all of them are meant"
        case .unknown(let id): "there is no apply \(id); plan and apply anew"
        case .ended(let id, let status): "apply \(id) has ended as \(status.rawValue); plan again to see what is left"
        }
    }

    private static func words(_ fields: [StaleField]) -> String {
        fields.map { "\($0.resource).\($0.path) has \($0.change)" }.joined(separator: ", ")
    }

    /// The same for programs.
    package var json: JSONObject {
        var object: JSONObject = ["code": .string(code), "message": .string(description)]
        switch self {
        case .stale(let fields):
            object["fields"] = .array(
                fields.map { field in
                    [
                        "resource": .string(field.resource.description), "path": .string(field.path),
                        "change": .string(field.change),
                    ]
                })
        case .blocked(let reasons): object["reasons"] = .array(reasons.map { .string($0) })
        case .locked(let holder, let time):
            object["by"] = .string(holder)
            object["until"] = .string(time)
        case .lockLost, .tooManyPruned, .unknown, .ended: break
        }
        return object
    }
}

extension StaleField {
    /// What has become of the value; not what it is, which may be a secret.
    fileprivate var change: String {
        switch (old, new) {
        case (nil, _?): "appeared"
        case (_?, nil): "gone"
        default: "changed"
        }
    }
}
