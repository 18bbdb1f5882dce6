// SPDX-License-Identifier: Apache-2.0

/// What to do when a static site's folder is not there after a build.
struct StaticSiteDecision: Sendable {
    let facts: FailureFacts
    /// The folder that Render looked for, as its log says.
    let capture: String?

    /// What Render publishes where nothing is set.
    private static let renderDefault = "public"

    private var isBuilding: Bool { !facts.live(.buildCommand).isEmpty && !facts.has("empty_build_command") }

    func decide() -> FixDecision {
        let id = "publish_dir_missing"
        let isDefault = facts.live(.publishPath).isEmpty && capture == Self.renderDefault
        if let capture, RelativePath.normalized(capture) != facts.live(.publishPath), !isDefault {
            return .told(id, reason: "the publish directory has been changed since")
        }
        if let swap = swap() { return swap }
        guard isBuilding else { return setBuildCommand() }
        guard let log = facts.log, !log.lines.isEmpty else { return .told(id, reason: "the log of the build is gone") }
        let framework = Framework.found(in: log)
        if BuildCommandText.onlyInstalls(facts.live(.buildCommand)), framework == nil { return addBuild() }
        if let server = serverBuilt(by: framework, log) { return server }
        return setPublishPath(id, log: log, framework: framework)
    }

    private func serverBuilt(by framework: Framework?, _ log: BuildLog) -> FixDecision? {
        guard let framework, framework.isServer(in: log) else { return nil }
        return .told(
            "ssr_as_static_site", reason: "\(framework.name) built a server; no setting of a static site helps")
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
        if let log = facts.log, isBuilding, let server = serverBuilt(by: Framework.found(in: log), log) {
            return server
        }
        if let log = facts.log, RelativePath(facts.live(.buildCommand)) == nil, isBuilding,
            let written = writtenFolder(in: log)
        {
            let toWritten = facts.change(
                .publishPath, to: written.description, .log, "the build command is set, and wrote its pages there")
            return .proposing("fields_swapped", [toWritten], .high)
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
        guard facts.has("empty_build_command") else {
            return .told(id, reason: "the log does not say that nothing was built")
        }
        let publish = facts.live(.publishPath)
        guard let command = Framework.buildCommand(publishing: publish) else {
            return .told(id, reason: "several frameworks, or none that is known, publish \"\(publish)\"")
        }
        let change = facts.change(
            .buildCommand, to: command, .table, "every framework that publishes \(publish) is built so")
        return .proposing(id, [change], .medium)
    }

    /// The command installs and builds nothing. Whether there is a script for a build is not known, so this is proposed.
    private func addBuild() -> FixDecision {
        let id = "nothing_built"
        if let wanted = facts.drifted(.buildCommand), !wanted.isEmpty {
            return .proposing(id, [facts.change(.buildCommand, to: wanted, .blueprint)], .high)
        }
        let command = facts.live(.buildCommand)
        let runner = command.split(separator: " ").first ?? "npm"
        let change = facts.change(
            .buildCommand, to: "\(command) && \(runner) run build", .configuration, "the command only installs")
        return .proposing(id, [change], .low)
    }

    private func setPublishPath(_ id: String, log: BuildLog, framework: Framework?) -> FixDecision {
        let live = facts.live(.publishPath)
        let folder = writtenFolder(in: log)
        let isDone = framework?.isDone(in: log) ?? false
        if let wanted = facts.drifted(.publishPath), folder.map({ $0.description == wanted }) ?? true {
            return .proposing(id, [facts.change(.publishPath, to: wanted, .blueprint)], .high)
        }
        if let root = RelativePath(facts.live(.rootDir)), let below = RelativePath(live)?.removing(root),
            folder.map({ $0 == below }) ?? true
        {
            let change = facts.change(
                .publishPath, to: below.description, .configuration, "it is read from the root directory on")
            return .proposing("double_prefix", [change], folder != nil ? .high : isDone ? .medium : .low)
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
        guard isDone else {
            return .told(id, reason: "the log does not say that \(framework.name) has finished")
        }
        let listed = OutputFolders.listed(in: log)
        guard listed.isEmpty || listed == Set(path.split(separator: "/").prefix(1).map(String.init)) else {
            return .told(id, reason: "\(framework.name) wrote to \(listed.sorted().joined(separator: ", ")) this time")
        }
        let change = facts.change(.publishPath, to: path, .table, "\(framework.name) writes its pages there")
        return .proposing(id, [change], .medium)
    }

    /// Whether a relative folder in the log can only be one below the root directory.
    private func hasOneAnswer(in log: BuildLog) -> Bool {
        guard !BuildCommandText.wanders(facts.live(.buildCommand)), OutputFolders.seen(in: log).count <= 1 else {
            return false
        }
        return !wandersInScripts(log) && BuildCommandText.folder(of: facts.live(.buildCommand)) == nil
    }

    /// The folder that the build wrote, from the root directory on; nil when the log does not tell for certain.
    private func writtenFolder(in log: BuildLog) -> RelativePath? {
        let seen = OutputFolders.seen(in: log)
        guard seen.count == 1, let only = seen.first else { return nil }
        let command = facts.live(.buildCommand)
        let moves = BuildCommandText.wanders(command) || wandersInScripts(log)
        if only.isFromRoot {
            let setting = facts.live(.rootDir)
            guard !BuildCommandText.moves(command), !setting.isEmpty else {
                return BuildCommandText.moves(command) ? nil : only.path
            }
            return RelativePath(setting).flatMap(only.path.removing)
        }
        guard !moves else { return nil }
        if let folder = BuildCommandText.folder(of: command) { return folder.appending(only.path) }
        return hasOneAnswer(in: log) ? only.path : nil
    }

    /// Whether what the scripts of the project do leaves open where they do it. Package managers print each script before
    /// they run it, npm and pnpm with the package that it is of.
    private func wandersInScripts(_ log: BuildLog) -> Bool {
        var packages: Set<Substring> = []
        for line in log.lines {
            // pnpm, of several packages: `web build$ vite build`.
            if line.text.utf8.firstRange(of: " build$ ".utf8) != nil { return true }
            guard line.text.hasPrefix("> ") || line.text.hasPrefix("$ ") else { continue }
            let script = String(line.text.dropFirst(2))
            if BuildCommandText.wanders(script) || script.hasPrefix("cd ") { return true }
            let words = script.split(separator: " ")
            guard let name = words.first, let at = name.lastIndex(of: "@"), at > name.startIndex,
                name[at...].dropFirst().first?.isNumber == true
            else { continue }
            packages.insert(name)
            // pnpm says where it runs.
            if let folder = words.dropFirst(2).first, folder.hasPrefix("/opt/render/project/src"),
                RelativePath.normalized(String(folder.dropFirst("/opt/render/project/src".count)))
                    != facts.live(.rootDir)
            {
                return true
            }
        }
        return packages.count > 1
    }
}
