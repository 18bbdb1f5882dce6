// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

/// What came of an apply: the same object is shown to people and to programs. Holds no secret.
package struct ApplyReport: Sendable, Equatable {
    /// What came of one resource.
    package enum Outcome: Sendable, Equatable {
        /// The plan had nothing to do for it.
        case unchanged
        case created, updated, adopted, pruned
        /// To be pruned, and not asked for or not safe.
        case kept(reason: String)
        case failed(message: String)
        /// Not tried, because of a resource that it depends on.
        case skipped(because: ResourceAddress)

        /// Stable and machine-readable.
        package var name: String {
            switch self {
            case .unchanged: "unchanged"
            case .created: "created"
            case .updated: "updated"
            case .adopted: "adopted"
            case .pruned: "pruned"
            case .kept: "kept"
            case .failed: "failed"
            case .skipped: "skipped"
            }
        }

        /// Whether the resource is what the plan wants, so that others may build on it.
        package var isGood: Bool {
            switch self {
            case .unchanged, .created, .updated, .adopted, .pruned, .kept: true
            case .failed, .skipped: false
            }
        }

        var members: [(String, JSONValue)] {
            switch self {
            case .kept(let reason): [("outcome", .string(name)), ("message", .string(reason))]
            case .failed(let message): [("outcome", .string(name)), ("message", .string(message))]
            case .skipped(let cause): [("outcome", .string(name)), ("because", .string(cause.description))]
            case .unchanged, .created, .updated, .adopted, .pruned: [("outcome", .string(name))]
            }
        }
    }

    package struct Entry: Sendable, Equatable {
        package let resource: ResourceAddress
        /// Nil when it was never made.
        package let id: String?
        package let outcome: Outcome
    }

    /// A deploy that the apply led to.
    package struct Deploy: Sendable, Equatable {
        package let resource: ResourceAddress
        /// Nil when Render has queued it and not named it yet.
        package var id: String?
        package let mode: DeployNeed
        /// Started by Render itself, because the service is new.
        package let isFirst: Bool
        /// As it was seen last.
        package var status: String?
    }

    package let applyID: String
    package let planID: String
    package let ownerID: String
    package let blueprint: String
    package let status: ApplyStatus
    /// In the plan's order.
    package let entries: [Entry]
    package let deploys: [Deploy]
    /// An earlier apply of the blueprint that had not ended, and was settled before this one began.
    package let settled: [String]

    /// Why it has not succeeded, in a sentence or three; nil when it has.
    package var message: String? {
        let failures = entries.compactMap { entry in
            if case .failed(let message) = entry.outcome { "\(entry.resource): \(message)" } else { nil }
        }
        return failures.isEmpty ? nil : failures.prefix(3).joined(separator: "; ")
    }

    /// How many resources had each outcome; those that none had are left out.
    package var counts: [(outcome: String, count: Int)] {
        let order = ["created", "updated", "adopted", "pruned", "unchanged", "kept", "failed", "skipped"]
        return order.compactMap { name in
            let count = entries.count { $0.outcome.name == name }
            return count == 0 ? nil : (name, count)
        }
    }

    package var json: JSONObject {
        [
            "apply_id": .string(applyID), "plan_id": .string(planID), "owner_id": .string(ownerID),
            "blueprint": .string(blueprint), "status": .string(status.rawValue),
            "counts": .object(JSONObject(counts.map { ($0.outcome, JSONValue($0.count)) })),
            "resources": .array(
                entries.map { entry in
                    .object(
                        JSONObject(
                            [
                                ("resource", .string(entry.resource.description)),
                                ("id", entry.id.map { .string($0) } ?? .null),
                            ] + entry.outcome.members))
                }),
            "deploys": .array(
                deploys.map { deploy in
                    [
                        "resource": .string(deploy.resource.description),
                        "deploy_id": deploy.id.map { .string($0) } ?? .null, "mode": .string(deploy.mode.rawValue),
                        "first": .bool(deploy.isFirst), "status": deploy.status.map { .string($0) } ?? .null,
                    ]
                }),
            "settled": .array(settled.map { .string($0) }),
        ]
    }

    /// Counts first, then what was done, what went wrong, and the deploys.
    package var text: String {
        var lines = ["\(title): " + counts.map { "\($0.count) \($0.outcome)" }.joined(separator: ", ")]
        for id in settled { lines.append("  settled \(id), which had not ended") }
        for entry in entries {
            switch entry.outcome {
            case .unchanged: break
            case .created: lines.append("  + \(entry.resource)")
            case .updated, .adopted: lines.append("  ~ \(entry.resource) \(entry.outcome.name)")
            case .pruned: lines.append("  - \(entry.resource)")
            case .kept(let reason): lines.append("  = \(entry.resource) kept: \(reason)")
            case .failed(let message): lines.append("  ! \(entry.resource) failed: \(message)")
            case .skipped(let cause): lines.append("  ! \(entry.resource) skipped because of \(cause)")
            }
        }
        for deploy in deploys {
            let origin = deploy.isFirst ? "first deploy" : deploy.mode == .build ? "deploy with build" : "deploy"
            lines.append(
                "  > \(deploy.resource) \(origin) \(deploy.id ?? "queued")\(deploy.status.map { ": \($0)" } ?? "")")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var title: String {
        switch status {
        case .running: "Running"
        case .succeeded: "Applied"
        case .failed: "Applied in part"
        case .abandoned: "Abandoned"
        }
    }
}
