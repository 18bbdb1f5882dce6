// SPDX-License-Identifier: Apache-2.0

import API
import Blueprints
import Common
import RenderPlans
import Store

/// What a plan is made from, beside what is live.
struct PlanRequest: Sendable {
    let name: String
    let ownerID: String
    let source: String
    /// What places are named by in what people read; the blueprint's name when nil.
    let file: String?
    let options: PlanOptions

    init(name: String, ownerID: String, source: String, file: String?, options: PlanOptions) {
        self.name = name
        self.ownerID = ownerID
        self.source = source
        self.file = file
        self.options = options
    }

    init(
        name: String, ownerID: String, source: String, file: String?, prune: RenderPruneInput,
        origin: RenderOriginInput, entered: [String: [String: Secret<String>]]
    ) {
        self.init(
            name: name, ownerID: ownerID, source: source, file: file,
            options: PlanOptions(
                prunesEnvironment: prune.takesVariables, prunesResources: prune.takesResources,
                pruneCount: prune.count, entered: Self.addresses(entered), repository: origin.repo,
                branch: origin.branch))
    }

    /// What a stored plan was made from, with what is entered now in place of what was entered then.
    init(_ stored: StoredPlan, entered: [String: [String: Secret<String>]]) {
        let options = stored.options
        self.init(
            name: stored.blueprint, ownerID: stored.ownerID, source: stored.source, file: options["file"]?.string,
            options: PlanOptions(
                prunesEnvironment: options["prunes_environment"]?.bool ?? false,
                prunesResources: options["prunes_resources"]?.bool ?? false, pruneCount: options["prune_count"]?.int,
                entered: Self.addresses(entered), repository: options["repository"]?.string,
                branch: options["branch"]?.string))
    }

    /// What is kept of the options: of values that were entered only whose they are, and of what was live fingerprints, to
    /// tell later what has moved.
    func stored(observed: [ResourceAddress: [String: String]]) -> JSONObject {
        let entered = options.entered.sorted { $0.key < $1.key }.map { address, values in
            JSONValue.array([.string(address.description), .array(values.keys.sorted().map { .string($0) })])
        }
        return [
            "prunes_environment": .bool(options.prunesEnvironment),
            "prunes_resources": .bool(options.prunesResources),
            "prune_count": options.pruneCount.map { JSONValue($0) } ?? .null,
            "repository": options.repository.map { .string($0) } ?? .null,
            "branch": options.branch.map { .string($0) } ?? .null, "file": file.map { .string($0) } ?? .null,
            "entered": .array(entered),
            "observed": .object(
                JSONObject(
                    observed.map { address, fields in
                        (address.description, .object(JSONObject(fields.map { ($0.key, .string($0.value)) })))
                    })),
        ]
    }

    /// Refuses values that the blueprint does not leave to be entered: who gives one expects that it counts.
    func checkEntered(in blueprint: Blueprint) throws(Problem) {
        var wrong: [Problem.FieldError] = []
        for (address, values) in options.entered.sorted(by: { $0.key < $1.key }) {
            let field = "/entered/" + address.description.replacing("~", with: "~0").replacing("/", with: "~1")
            guard let resource = blueprint.resource(at: address) else {
                wrong.append(.init(field, "is not in the blueprint"))
                continue
            }
            for key in values.keys.sorted() {
                guard case .entered? = resource.environment.first(where: { $0.key == key })?.source else {
                    wrong.append(.init("\(field)/\(key)", "is not left to be entered by the blueprint"))
                    continue
                }
            }
        }
        guard let first = wrong.first else { return }
        let more = wrong.count > 1 ? " (and \(wrong.count - 1) more)" : ""
        throw Problem(.invalid, "\(first.field) \(first.message)\(more).", fields: Array(wrong.prefix(50)))
    }

    var blueprint: Blueprint { Blueprint.read(Array(source.utf8)) }

    var applyOptions: ApplyOptions {
        // The plan is blocked when there is more to delete than was expected, so its own number is the limit.
        ApplyOptions(prune: options.prunesResources, pruneLimit: max(options.pruneCount ?? 0, 50))
    }

    private static func addresses(
        _ entered: [String: [String: Secret<String>]]
    ) -> [ResourceAddress: [String: Secret<String>]] {
        var found: [ResourceAddress: [String: Secret<String>]] = [:]
        for (text, values) in entered { if let address = ResourceAddress(text) { found[address] = values } }
        return found
    }
}

extension StoredPlan {
    /// What of all that was looked at is not as it was when the plan was made.
    func moved(since now: [ResourceAddress: [String: String]]) -> [JSONValue] {
        let before = options["observed"]?.object ?? [:]
        var live: [String: [String: String]] = [:]
        for (address, fields) in now { live[address.description] = fields }
        var moved: [JSONValue] = []
        for resource in Set(before.names).union(live.keys).sorted() {
            let old = before[resource]?.object ?? [:]
            let new = live[resource] ?? [:]
            for path in Set(old.names).union(new.keys).sorted() {
                let (was, isNow) = (old[path]?.string, new[path])
                guard was != isNow else { continue }
                let change = was == nil ? "appeared" : isNow == nil ? "gone" : "changed"
                moved.append(["resource": .string(resource), "path": .string(path), "change": .string(change)])
            }
        }
        return moved
    }

    /// Whether values were entered that are not kept.
    var needsEntering: Bool { options["entered"]?.array?.isEmpty == false }
}
