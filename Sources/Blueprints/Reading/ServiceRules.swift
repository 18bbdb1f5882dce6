// SPDX-License-Identifier: Apache-2.0

import Common

/// What a service must have, and what does not go together.
extension BlueprintReader {
    mutating func checkRules(of draft: ServiceDraft, _ node: YAMLNode, _ path: DocumentPath) {
        guard let type = draft.type else { return }
        switch type {
        case .staticSite:
            if draft.lacks(.publishPath) {
                missing(
                    dialect == .api ? "publishPath" : "staticPublishPath", in: node, path, "a site needs its folder")
            }
            return checkPublishPath(of: draft, path)
        case .cronJob:
            if draft.lacks(.schedule) { missing("schedule", in: node, path, "a cron job needs its times") }
        case .webService, .privateService, .backgroundWorker, .workflow: break
        }
        checkRuntime(of: draft, node, path)
        checkPlan(of: draft, type, path)
        checkScaling(of: draft, path)
        checkSize(of: draft, path)
    }

    /// The API has what builds and starts a service in one of two forms, and refuses what belongs to the other.
    mutating func fitToRuntime(_ draft: inout ServiceDraft, _ path: DocumentPath) {
        guard let type = draft.type, type != .staticSite, type != .workflow else { return }
        takeImage(&draft, path)
        guard let runtime = draft.fields[.runtime]?.value.string else { return }
        let isContainer = runtime == "docker" || runtime == "image"
        let others: [Field] =
            isContainer
            ? [.buildCommand, .startCommand] : [.dockerCommand, .dockerContext, .dockerfilePath, .registryCredential]
        for field in others {
            guard let value = draft.fields.removeValue(forKey: field), value.value != "" else { continue }
            let key = draft.givenBy[field]?.key ?? field.rawValue
            report.note(
                .unsupported, .fieldNotForType, path.key(key),
                "`\(key)` has no meaning for the runtime `\(runtime)`; it is left out.", at: value.position)
        }
    }

    /// An image says by itself what the service runs on.
    private mutating func takeImage(_ draft: inout ServiceDraft, _ path: DocumentPath) {
        guard let image = draft.fields[.image] else { return }
        guard let runtime = draft.fields[.runtime] else {
            if draft.lacks(.runtime) { draft.fields[.runtime] = Located("image", at: image.position) }
            return
        }
        guard runtime.value != "image" else { return }
        guard draft.lacks(.repo) else {
            return report.note(
                .error, .severalSources, path.key("image"),
                "A service runs an image or what is built from its repository, not both.", at: image.position)
        }
        report.note(
            .warning, .spelling, path.key("runtime"),
            "With an image the runtime is taken as `image`; write it so.", at: runtime.position)
        draft.fields[.runtime] = Located("image", at: runtime.position)
    }

    /// Render looks for the folder within the root directory.
    private mutating func checkPublishPath(of draft: ServiceDraft, _ path: DocumentPath) {
        guard let publish = draft.fields[.publishPath], let key = draft.givenBy[.publishPath]?.key else { return }
        let root = Self.folders(draft.fields[.rootDir])
        let folder = Self.folders(publish)
        guard !root.isEmpty, folder.starts(with: root) else { return }
        let inside = folder.dropFirst(root.count).joined(separator: "/")
        report.note(
            .warning, .doubledPath, path.key(key),
            "The folder is looked for within `rootDir`: write \(Words.name(inside.isEmpty ? "." : inside)) unless `rootDir` is in itself once more.",
            at: publish.position)
    }

    /// The folders that a path leads through.
    private static func folders(_ path: Located<JSONValue>?) -> [Substring] {
        (path?.value.string ?? "").split(separator: "/").filter { $0 != "." }
    }

    private mutating func checkRuntime(of draft: ServiceDraft, _ node: YAMLNode, _ path: DocumentPath) {
        guard let runtime = draft.fields[.runtime]?.value.string else {
            // An image and a build source say by themselves what they are.
            if draft.lacks(.runtime), draft.lacks(.image), draft.lacks(.buildSource) {
                missing("runtime", in: node, path)
            }
            return
        }
        if runtime == "image" {
            if draft.lacks(.image) { missing("image", in: node, path, "the runtime is an image") }
        } else if runtime != "docker", runtime != "static", draft.type != .workflow, draft.lacks(.startCommand) {
            report.note(
                .warning, .missingField, path.key("startCommand"),
                "`startCommand` is missing: Render has no way to start a \(runtime) service without one.",
                at: node.position)
        }
    }

    private mutating func checkPlan(of draft: ServiceDraft, _ type: ServiceType, _ path: DocumentPath) {
        guard let plan = draft.fields[.plan], plan.value == "free" else { return }
        guard type == .webService else {
            return report.note(
                .error, .planNotForType, path.key("plan"), "There is no free plan for \(type.words).", at: plan.position
            )
        }
        for field in [Field.disk, .scaling] where draft.fields[field].map({ !$0.value.isNull }) == true {
            report.note(
                .error, .planNotForType, path.key("plan"), "The free plan has no `\(field.rawValue)`.",
                at: plan.position)
        }
    }

    private mutating func checkScaling(of draft: ServiceDraft, _ path: DocumentPath) {
        guard let scaling = draft.fields[.scaling], !scaling.value.isNull else { return }
        let path = path.key("scaling")
        if let least = scaling.value["min"]?.int, let most = scaling.value["max"]?.int, least > most {
            report.note(
                .error, .scalingBounds, path, "At least \(least) and at most \(most) instances cannot be.",
                at: scaling.position)
        }
        if scaling.value["cpu"] == nil, scaling.value["memory"] == nil {
            report.note(
                .error, .missingField, path,
                "Scaling needs a target: `targetCPUPercent`, `targetMemoryPercent` or both.",
                at: scaling.position)
        }
        if draft.fields[.disk].map({ !$0.value.isNull }) == true {
            report.note(
                .error, .scalingBounds, path, "A service with a disk has one instance and cannot be scaled.",
                at: scaling.position)
        }
    }

    private mutating func checkSize(of draft: ServiceDraft, _ path: DocumentPath) {
        guard let instances = draft.fields[.numInstances], (instances.value.int ?? 1) > 1,
            draft.fields[.disk].map({ !$0.value.isNull }) == true
        else { return }
        report.note(
            .error, .scalingBounds, path.key("numInstances"), "A service with a disk has one instance.",
            at: instances.position)
    }
}

extension ServiceDraft {
    /// Neither given nor given wrongly, which has been said then.
    fileprivate func lacks(_ field: Field) -> Bool { fields[field] == nil && !attempted.contains(field) }
}
