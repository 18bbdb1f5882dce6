// SPDX-License-Identifier: Apache-2.0

import Common

/// A build of a service, played through: what it prints, whether it succeeds, and what it leaves.
struct PretendBuild {
    let service: FakeService
    let repository: PretendRepository
    /// What the build sees: the service's variables and those of its groups.
    let environment: [String: String]
    private(set) var lines: [LogText] = []
    /// Nil while nothing has failed.
    private(set) var exitStatus: Int?
    /// Folders that commands wrote, from the repository's root.
    private(set) var written: Set<String> = []
    private var shell: PretendShell
    static let source = "/opt/render/project/src"

    init(_ service: FakeService, _ repository: PretendRepository, environment: [String: String]) {
        self.service = service
        self.repository = repository
        self.environment = environment
        shell = PretendShell(repository: repository, environment: environment, folder: service.rootDir.plainPath)
    }

    var succeeded: Bool { exitStatus == nil }

    /// Plays it to its end.
    mutating func run(commit: String) {
        guard clone(commit: commit), enterRoot() else { return fail() }
        if service.runtime == "docker" {
            guard buildImage() else { return fail() }
            return say("==> Build successful 🎉")
        }
        sayVersions()
        guard runCommand() else { return fail() }
        if service.isStatic, !publish() { return fail() }
        say("==> Uploading build...")
        say("==> Build uploaded in 2.1s. Compression took 0.4s")
        say("\u{1B}[32m==> Build successful 🎉\u{1B}[0m")
    }

    private mutating func say(_ text: String) { lines.append(.build(text)) }

    private mutating func fail() {
        exitStatus = exitStatus ?? 1
        say("==> Build failed 😞")
        say("==> Common ways to troubleshoot your deploy: https://render.com/docs/troubleshooting-deploys")
    }

    private mutating func clone(commit: String) -> Bool {
        let repo = service.repo ?? ""
        guard repository.isReachable else {
            say("==> It looks like we don't have access to your repo, but we'll try to clone it anyway.")
            say("==> Cloning from \(repo)")
            say("fatal: could not read Username for 'https://github.com': terminal prompts disabled")
            say("==> Unable to clone \(repo)")
            return false
        }
        let branch = service.branch ?? "main"
        say("==> Cloning from \(repo)")
        if let branches = repository.branches, !branches.contains(branch) {
            say("fatal: Remote branch \(branch) not found in upstream origin")
            say("==> Unable to clone \(repo)")
            return false
        }
        say("==> Checking out commit \(commit) in branch \(branch)")
        return true
    }

    private mutating func enterRoot() -> Bool {
        let root = service.rootDir.plainPath
        guard !repository.hasFolder(root) else { return true }
        say("==> Service Root Directory \"\(Self.source)/\(root)\" is missing.")
        let why = repository.files.contains(root) ? "Not a directory" : "No such file or directory"
        say("builder.sh: line 51: cd: \(Self.source)/\(root): \(why)")
        return false
    }

    private mutating func sayVersions() {
        guard service.isStatic || service.runtime == "node" else { return }
        if let version = environment["NODE_VERSION"] {
            say("==> Using Node.js version \(version) via environment variable NODE_VERSION")
        } else {
            say("==> Using Node.js version 22.16.0 (default)")
            say("==> Docs on specifying a Node.js version: https://render.com/docs/node-version")
        }
    }

    private mutating func runCommand() -> Bool {
        let command = service.buildCommand
        guard !command.allSatisfy(\.isWhitespace) else {
            say("==> Empty build command; skipping build")
            return true
        }
        say("==> Running build command '\(command)'...")
        let status = shell.run(command)
        lines += shell.lines.map { .build($0) }
        written = shell.written
        guard status != 0 else { return true }
        exitStatus = status
        say("==> Exited with status \(status)")
        return false
    }

    private mutating func publish() -> Bool {
        guard site == nil else { return true }
        say("==> Publish directory \(service.publishPath) does not exist!")
        return false
    }

    /// What would be served: the published folder, which a build wrote or the repository has.
    var site: PublishedSite? {
        let path = service.rootDir.plainPath.appending(path: service.publishPath.plainPath)
        if repository.isObliging { return PublishedSite(files: ["index.html"]) }
        if written.contains(path) { return PublishedSite(files: ["index.html"]) }
        let base = path.isEmpty ? "" : "\(path)/"
        let files = repository.files.filter { $0.hasPrefix(base) }.map { String($0.dropFirst(base.count)) }
        return files.isEmpty ? nil : PublishedSite(files: Set(files))
    }

    private mutating func buildImage() -> Bool {
        guard !repository.isObliging else {
            say("#1 [internal] load build definition from Dockerfile")
            say("#9 exporting to docker image format DONE 1.2s")
            return true
        }
        let details = service.details["envSpecificDetails"]
        let root = service.rootDir.plainPath
        let context = root.appending(path: (details?["dockerContext"]?.string ?? ".").plainPath)
        let file = root.appending(path: (details?["dockerfilePath"]?.string ?? "Dockerfile").plainPath)
        guard repository.hasFolder(context) else {
            say("error: invalid local: resolve : lstat \(Self.source)/\(context): no such file or directory")
            return false
        }
        say("#1 [internal] load build definition from \(file.lastComponent)")
        guard repository.files.contains(file) else {
            say(
                "error: failed to solve: failed to read dockerfile: open \(file.lastComponent): "
                    + "no such file or directory")
            return false
        }
        say("#9 exporting to docker image format DONE 1.2s")
        return true
    }
}

extension String {
    /// A relative path without `./`, doubled and trailing slashes.
    var plainPath: String {
        var parts: [Substring] = []
        for part in split(separator: "/") where part != "." {
            if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    func appending(path: String) -> String { isEmpty ? path : path.isEmpty ? self : "\(self)/\(path)".plainPath }

    var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
