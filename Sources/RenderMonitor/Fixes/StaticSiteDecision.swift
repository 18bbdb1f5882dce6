// SPDX-License-Identifier: Apache-2.0

/// What to do when a static site's folder is not there after a build.
struct StaticSiteDecision: Sendable {
    let facts: FailureFacts
    /// The folder that Render looked for, as its log says.
    let capture: String?

    private var isBuilding: Bool { !facts.live(.buildCommand).isEmpty && !facts.has("empty_build_command") }

    func decide() -> FixDecision {
        let id = "publish_dir_missing"
        if let capture, RelativePath.normalized(capture) != facts.live(.publishPath) {
            return .told(id, reason: "the publish directory has been changed since")
        }
        if let swap = swap() { return swap }
        guard isBuilding else { return setBuildCommand() }
        guard let log = facts.log, !log.lines.isEmpty else { return .told(id, reason: "the log of the build is gone") }
        let framework = Framework.found(in: log)
        if let framework, framework.isServer(in: log) {
            return .told(
                "ssr_as_static_site", reason: "\(framework.name) built a server; no setting of a static site helps")
        }
        return setPublishPath(id, log: log, framework: framework)
    }

    /// A command where the folder belongs. Nil when it is none.
    func swap() -> FixDecision? {
        guard facts.isStaticSite else { return nil }
        let publish = facts.live(.publishPath)
        guard BuildCommandText.looksLikeCommand(publish) else { return nil }
        let drifted = [FixField.buildCommand, .publishPath].compactMap { field in
            facts.drifted(field).map { facts.change(field, to: $0, .blueprint) }
        }
        if drifted.contains(where: { $0.field == .publishPath }) {
            return .proposing("fields_swapped", drifted, .high)
        }
        if BuildCommandText.startsServer(publish) {
            return .told(
                "server_as_static_site", reason: "a static site runs no server, and its type cannot be changed")
        }
        guard let command = BuildCommandText.known(publish) else {
            return .told("fields_swapped", reason: "the command is not one that can be rewritten safely")
        }
        let toCommand = facts.change(
            .buildCommand, to: command, .table, "the command stands in the publish directory")
        let folder = facts.live(.buildCommand)
        guard let path = RelativePath(folder), !BuildCommandText.looksLikeCommand(folder),
            Framework.buildCommand(publishing: path.description) != nil
        else {
            return .proposing(
                "fields_swapped", [toCommand], .low, unless: "nothing tells which folder the build writes")
        }
        let toFolder = facts.change(
            .publishPath, to: path.description, .configuration, "the folder stands in the build command")
        return .proposing("fields_swapped", [toCommand, toFolder], .medium)
    }

    /// Nothing was built: the command is missing, and the folder stays what it is.
    private func setBuildCommand() -> FixDecision {
        let id = "nothing_built"
        if let wanted = facts.drifted(.buildCommand), !wanted.isEmpty {
            return .proposing(id, [facts.change(.buildCommand, to: wanted, .blueprint)], .high)
        }
        guard facts.live(.buildCommand).isEmpty else {
            return .told(id, reason: "the build command has been set since")
        }
        let publish = facts.live(.publishPath)
        guard let command = Framework.buildCommand(publishing: publish) else {
            return .told(id, reason: "several frameworks, or none that is known, publish \"\(publish)\"")
        }
        let change = facts.change(
            .buildCommand, to: command, .table, "every framework that publishes \(publish) is built so")
        return .proposing(id, [change], .medium)
    }

    private func setPublishPath(_ id: String, log: BuildLog, framework: Framework?) -> FixDecision {
        let live = facts.live(.publishPath)
        let folder = writtenFolder(in: log)
        if let wanted = facts.drifted(.publishPath), folder.map({ $0.description == wanted }) ?? true {
            return .proposing(id, [facts.change(.publishPath, to: wanted, .blueprint)], .high)
        }
        if let root = RelativePath(facts.live(.rootDir)), let below = RelativePath(live)?.removing(root),
            folder.map({ $0 == below }) ?? true
        {
            let change = facts.change(
                .publishPath, to: below.description, .configuration, "it is read from the root directory on")
            return .proposing("double_prefix", [change], folder == nil ? .medium : .high)
        }
        if let folder {
            let change = facts.change(.publishPath, to: folder.description, .log, "the build wrote its pages there")
            return .proposing(id, [change], .high)
        }
        guard hasOneAnswer(in: log), let path = framework?.publishPath, let framework else {
            return .told(id, reason: "the log does not tell where the build wrote its pages")
        }
        guard path != live else {
            return .told(id, reason: "\(framework.name) usually writes \(path), which is what is set")
        }
        let change = facts.change(.publishPath, to: path, .table, "\(framework.name) writes its pages there")
        return .proposing(id, [change], .medium)
    }

    /// Whether a relative folder in the log can only be one below the root directory.
    private func hasOneAnswer(in log: BuildLog) -> Bool {
        guard !BuildCommandText.wanders(facts.live(.buildCommand)), OutputFolders.seen(in: log).count <= 1 else {
            return false
        }
        // What npm says it runs.
        let scripts = log.lines.map(\.text).filter { $0.hasPrefix("> ") }
        return !scripts.contains { BuildCommandText.wanders(String($0.dropFirst(2))) || $0.contains(" cd ") }
            && BuildCommandText.folder(of: facts.live(.buildCommand)) == nil
    }

    /// The folder that the build wrote, from the root directory on; nil when the log does not tell for certain.
    private func writtenFolder(in log: BuildLog) -> RelativePath? {
        let seen = OutputFolders.seen(in: log)
        guard seen.count == 1, let only = seen.first else { return nil }
        let root = RelativePath(facts.live(.rootDir))
        if only.isFromRoot {
            guard let root else { return only.path }
            return only.path.removing(root)
        }
        if let folder = BuildCommandText.folder(of: facts.live(.buildCommand)) {
            return wandersInScripts(log) ? nil : folder.appending(only.path)
        }
        return hasOneAnswer(in: log) ? only.path : nil
    }

    private func wandersInScripts(_ log: BuildLog) -> Bool {
        log.lines.contains { $0.text.hasPrefix("> ") && BuildCommandText.wanders(String($0.text.dropFirst(2))) }
    }
}
