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
            return
        case .cronJob:
            if draft.lacks(.schedule) { missing("schedule", in: node, path, "a cron job needs its times") }
        case .webService, .privateService, .backgroundWorker, .workflow: break
        }
        checkRuntime(of: draft, node, path)
        checkPlan(of: draft, type, path)
        checkScaling(of: draft, path)
        checkSize(of: draft, path)
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
