// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Render

/// What is known of a failure when a remedy for it is looked for.
struct FailureFacts: Sendable {
    let service: RenderService
    /// What the applied blueprint says, by field; a field that it does not name is not there.
    let wanted: [Field: BlueprintValue]
    let log: BuildLog?
    let findings: [Finding]

    func has(_ id: String) -> Bool { findings.contains { $0.id == id } }

    /// What is set on Render now.
    func live(_ field: FixField) -> String {
        switch field {
        case .rootDir: RelativePath.normalized(service.rootDir)
        case .buildCommand: (service.details.buildCommand ?? "").trimmed
        case .publishPath: RelativePath.normalized(service.details.publishPath)
        }
    }

    /// What the blueprint says, in the same form.
    func wanted(_ field: FixField) -> String? {
        guard let value = wanted[field.field]?.value else { return nil }
        return field == .buildCommand ? value.trimmed : RelativePath.normalized(value)
    }

    /// The blueprint's value where the live one is another.
    func drifted(_ field: FixField) -> String? { wanted(field).flatMap { $0 == live(field) ? nil : $0 } }

    var isStaticSite: Bool { service.type == ServiceType.staticSite.rawValue }
}

/// What is to be done about a failure whose signature is known: the tree of decisions, in one place.
///
/// Values come from the blueprint, from the table of frameworks, from another setting of the service, or are a folder
/// of the log whose name has passed `RelativePath`.
struct FixDecision: Sendable {
    /// The signature, made more precise by the settings.
    var signature: String
    var fix: Fix?
    var patch: BlueprintPatch?
    /// Why nothing is to be written; nil when the fix may be.
    var reason: String?

    static func decide(_ signature: String, capture: String?, facts: FailureFacts) -> FixDecision {
        if SignatureCatalog.signature(signature)?.remedy == .setting, let setting = facts.changedSince {
            return .told(signature, reason: "the \(setting) has been changed since")
        }
        var decision: FixDecision
        switch signature {
        case "root_dir_missing", "root_dir_unreadable": decision = rootDirectory(signature, capture, facts)
        case "package_json_missing": decision = manifest(signature, capture, facts)
        case "missing_script": decision = script(signature, facts)
        case "command_not_found": decision = command(signature, capture, facts)
        case "publish_dir_missing": decision = StaticSiteDecision(facts: facts, capture: capture).decide()
        case "cache_suspect":
            decision = FixDecision(
                signature: signature, fix: Fix([], clearsCache: true, confidence: .medium), patch: nil, reason: nil)
        default: decision = .told(signature, reason: "a person has to look at it")
        }
        decision.settle(facts)
        return decision
    }

    static func told(_ signature: String, reason: String) -> FixDecision {
        FixDecision(signature: signature, fix: nil, patch: nil, reason: reason)
    }

    /// A fix that is to be written; without any change there is nothing to fix.
    static func proposing(
        _ signature: String, _ changes: [FieldChange], _ confidence: Confidence, unless reason: String? = nil
    ) -> FixDecision {
        FixDecision(
            signature: signature, fix: Fix(changes, confidence: confidence), patch: nil, reason: reason)
    }

    private static func rootDirectory(_ signature: String, _ capture: String?, _ facts: FailureFacts) -> FixDecision {
        if let wanted = facts.wanted[.branch]?.value, let branch = facts.service.branch, wanted != branch {
            return .told(signature, reason: "the branch \(branch) is built where the blueprint says \(wanted)")
        }
        guard !facts.live(.rootDir).isEmpty else {
            return .told(signature, reason: "no root directory is set any more")
        }
        if let capture, RelativePath.normalized(capture) != facts.live(.rootDir) {
            return .told(signature, reason: "the root directory has been changed since")
        }
        if let wanted = facts.drifted(.rootDir) {
            return .proposing(signature, [facts.change(.rootDir, to: wanted, .blueprint)], .high)
        }
        let clearing = facts.change(.rootDir, to: "", .table, "the folder is not in the branch")
        return .proposing(signature, [clearing], .medium, unless: facts.onlyStaticSites)
    }

    private static func manifest(_ signature: String, _ capture: String?, _ facts: FailureFacts) -> FixDecision {
        if let wanted = facts.drifted(.rootDir) {
            return .proposing(signature, [facts.change(.rootDir, to: wanted, .blueprint)], .high)
        }
        let live = facts.live(.rootDir)
        let isAtRoot = RelativePath.normalized(capture) == live
        guard isAtRoot else {
            return .told(signature, reason: "the log speaks of another folder than the root directory")
        }
        if let folder = facts.folderOfManifest {
            if let reason = facts.doubt(about: folder) { return .told(signature, reason: reason) }
            var changes = [
                facts.change(.rootDir, to: folder.description, .log, "Render found the package.json of that folder")
            ]
            changes += facts.publishPathBelow(folder)
            return .proposing(signature, changes, .medium, unless: facts.onlyStaticSites)
        }
        guard live.isEmpty, let publish = RelativePath(facts.live(.publishPath)), publish.components.count > 1,
            let folder = RelativePath(publish.components[0]), Framework.isOutput(publish, in: folder)
        else { return .told(signature, reason: "nothing tells in which folder the package is") }
        let moved = facts.change(
            .rootDir, to: folder.description, .configuration, "the publish directory is in that folder")
        return .proposing(
            signature, [moved] + facts.publishPathBelow(folder), .medium, unless: facts.onlyStaticSites)
    }

    private static func script(_ signature: String, _ facts: FailureFacts) -> FixDecision {
        guard let wanted = facts.drifted(.buildCommand) else {
            return .told(signature, reason: "package.json is not known here, so no other script can be named")
        }
        return .proposing(signature, [facts.change(.buildCommand, to: wanted, .blueprint)], .high)
    }

    private static func command(_ signature: String, _ capture: String?, _ facts: FailureFacts) -> FixDecision {
        if let swap = StaticSiteDecision(facts: facts, capture: nil).swap() { return swap }
        if let wanted = facts.drifted(.buildCommand) {
            return .proposing(signature, [facts.change(.buildCommand, to: wanted, .blueprint)], .high)
        }
        guard BuildCommandText.isTool(capture) else {
            return .told(signature, reason: "what is missing is not known to come with the project's dependencies")
        }
        guard let installing = BuildCommandText.installing(facts.live(.buildCommand)) else {
            return .told(signature, reason: "the build command is not one that can be rewritten safely")
        }
        let change = facts.change(.buildCommand, to: installing, .table, "the dependencies are installed first")
        return .proposing(signature, [change], .medium, unless: facts.onlyStaticSites)
    }

    /// Turns what the blueprint would undo into a patch of it, and drops what changes nothing.
    private mutating func settle(_ facts: FailureFacts) {
        guard let fix else { return }
        let changes = fix.changes.filter { $0.old != $0.new }
        guard !changes.isEmpty || fix.clearsCache else {
            self.fix = nil
            reason = reason ?? "the setting already has that value"
            return
        }
        self.fix = Fix(changes, clearsCache: fix.clearsCache, confidence: fix.confidence)
        if let log = facts.log, !log.hasBeginning, changes.contains(where: { $0.source != .blueprint }) {
            reason = reason ?? "the log does not go back to where the build began"
        }
        let lines = changes.compactMap { change -> BlueprintPatch.Line? in
            guard let wanted = facts.wanted[change.field.field], facts.wanted(change.field) != change.new else {
                return nil
            }
            return BlueprintPatch.Line(
                field: change.field.field, old: wanted.value, new: change.new, place: wanted.place)
        }
        guard !lines.isEmpty else { return }
        patch = BlueprintPatch(resource: ResourceAddress(.service, facts.service.name), lines: lines)
        reason = "the blueprint says otherwise and would undo it: change the blueprint"
    }
}

extension FailureFacts {
    func change(
        _ field: FixField, to new: String, _ source: FieldChange.Source, _ reason: String = "the blueprint says so"
    ) -> FieldChange {
        FieldChange(field, from: live(field), to: new, source: source, reason: reason)
    }

    /// The setting that is another one now than when the log was written; nil when none is.
    var changedSince: String? {
        if let built = log?.branch, let branch = service.branch, built != branch { return "branch" }
        guard let command = log?.command else { return nil }
        let isSame = BuildCommandText.simplified(command) == BuildCommandText.simplified(live(.buildCommand))
        return isSame ? nil : "build command"
    }

    /// Why a folder with a package.json is not the one of a site; nil when nothing speaks against it.
    func doubt(about folder: RelativePath) -> String? {
        guard isStaticSite else { return nil }
        guard folder.isPublishable else { return "\(folder) is no folder of the project's own" }
        let servers: Set<String> = ["server", "backend", "api", "functions", "worker", "bot"]
        if let last = folder.components.last, servers.contains(last.lowercased()) {
            return "the package in \(folder) looks like a server's, and this is a static site"
        }
        guard let publish = RelativePath(live(.publishPath)), publish.components.count > 1,
            publish.removing(folder) == nil
        else { return nil }
        return "the package in \(folder) is not where \(publish) would be built"
    }

    /// Settings of servers are written only to what the blueprint says.
    var onlyStaticSites: String? { isStaticSite ? nil : "settings of a server are changed by a person" }

    /// The folder whose package.json Render itself has read, when it is one below the root.
    var folderOfManifest: RelativePath? {
        let capture = Capture(after: "via /opt/render/project/src/", before: ["/package.json"])
        let folders = Set(
            (log?.lines ?? []).filter { $0.text.hasPrefix(PhaseMarker.arrow) }
                .compactMap { capture.text(in: $0.text) }.compactMap { RelativePath($0) })
        guard folders.count == 1, let folder = folders.first, folder.description != live(.rootDir) else { return nil }
        return folder
    }

    /// The publish directory without the folder that the root directory will be.
    func publishPathBelow(_ folder: RelativePath) -> [FieldChange] {
        guard isStaticSite, let rest = RelativePath(live(.publishPath))?.removing(folder) else { return [] }
        return [
            change(
                .publishPath, to: rest.description, .configuration,
                "the publish directory is read from the root directory")
        ]
    }
}

extension Framework {
    /// Whether the folder below `parent` is one that a framework of the table writes.
    static func isOutput(_ path: RelativePath, in parent: RelativePath) -> Bool {
        guard let rest = path.removing(parent)?.description else { return false }
        return table.contains { $0.publishPath == rest } || buildCommand(publishing: rest) != nil
    }
}

extension String {
    /// Without blanks around it.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
