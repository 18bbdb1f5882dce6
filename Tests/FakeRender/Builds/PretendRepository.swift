// SPDX-License-Identifier: Apache-2.0

/// What a repository holds and what its builds do, as far as a deploy shows it.
///
/// A repository that the fake is told nothing about obliges: every command succeeds, and a build writes whatever is to be
/// published.
package struct PretendRepository: Sendable {
    /// A folder that can be built, by its own tools.
    package struct Project: Sendable {
        package enum Kind: String, Sendable { case node, python, go, hugo }

        package var kind = Kind.node
        package var scripts: [String: Script] = [:]
        package var hasLockfile = true
        /// Whether the lockfile fits the manifest.
        package var isLockfileFresh = true
        /// The version of its tools that it asks for, and that a build without `NODE_VERSION` has not.
        package var nodeVersion: String?
        package var dependencies: Set<String> = []
        package var developmentDependencies: Set<String> = []

        package init() {}
    }

    /// What a command of a project does.
    package struct Script: Sendable {
        /// Folders that it writes, relative to its project, each with an `index.html`.
        package var writes: [String] = []
        /// What it prints.
        package var lines: [String] = []
        /// The tool that it runs, which a dependency brings.
        package var tool: String?
        /// 0 when it succeeds.
        package var exitStatus = 0
        /// Whether it warns, which fails a build unless the variable `CI` is `false`.
        package var isStrictAboutWarnings = false
        /// Variables it cannot do without.
        package var needs: [String] = []

        package init(writes: [String] = [], lines: [String] = [], tool: String? = nil, exitStatus: Int = 0) {
            self.writes = writes
            self.lines = lines
            self.tool = tool
            self.exitStatus = exitStatus
        }
    }

    /// What a server does once it is started.
    package enum Behaviour: Sendable, Equatable {
        /// Listens, and answers these paths with 200.
        case serves(paths: Set<String>)
        case neverListens
        /// Ends with status 0, as a build command does that stands where a start command belongs.
        case exits
        case crashes(lines: [String], status: Int)
        /// Uses more than this before it is up.
        case needsMemory(megabytes: Int)
    }

    /// Whether Render can read it.
    package var isReachable = true
    /// Nil when any branch will do.
    package var branches: Set<String>?
    /// Every file, from the root.
    package var files: Set<String> = []
    /// What can be built, by folder; the root is the empty text.
    package var projects: [String: Project] = [:]
    package var behaviour = Behaviour.serves(paths: ["/"])
    /// How a pre-deploy command ends.
    package var preDeployStatus = 0
    package var preDeployLines: [String] = []
    /// What the newest commit says.
    package var commitMessage = "Tidy up"
    /// The newest commit; made up when nil.
    package var commit: String?
    /// Nothing is known of it, so everything works.
    package var isObliging = false

    package init() {}

    /// Knows nothing and succeeds with everything.
    package static let obliging: PretendRepository = {
        var repository = PretendRepository()
        repository.isObliging = true
        return repository
    }()

    /// A single-page app built by Vite in a folder, which writes `dist` there.
    package static func vite(in folder: String = "", output: String = "dist") -> PretendRepository {
        var repository = PretendRepository()
        repository.add(folder, .vite(output: output))
        repository.files.insert("README.md")
        return repository
    }

    /// Plain pages without a build, in a folder.
    package static func pages(in folder: String = "") -> PretendRepository {
        var repository = PretendRepository()
        repository.files = [folder.isEmpty ? "index.html" : "\(folder)/index.html", "README.md"]
        return repository
    }

    /// A Node server in a folder, started by `npm start`.
    package static func nodeServer(in folder: String = "", serving paths: Set<String> = ["/"]) -> PretendRepository {
        var repository = PretendRepository()
        var project = Project()
        project.scripts["start"] = Script()
        project.scripts["build"] = Script(lines: ["compiled 14 files"])
        repository.add(folder, project)
        repository.behaviour = .serves(paths: paths)
        return repository
    }

    /// A server with a Dockerfile at this path.
    package static func docker(_ path: String = "Dockerfile") -> PretendRepository {
        var repository = PretendRepository()
        repository.files = [path, "README.md"]
        return repository
    }

    /// Puts a project into a folder with the files that tell its kind.
    package mutating func add(_ folder: String, _ project: Project) {
        projects[folder] = project
        let base = folder.isEmpty ? "" : "\(folder)/"
        switch project.kind {
        case .node:
            files.insert("\(base)package.json")
            if project.hasLockfile { files.insert("\(base)package-lock.json") }
        case .python: files.insert("\(base)requirements.txt")
        case .go: files.insert("\(base)go.mod")
        case .hugo: files.insert("\(base)hugo.toml")
        }
    }

    /// Whether there is a folder of that name; the root is the empty text.
    func hasFolder(_ path: String) -> Bool {
        path.isEmpty || isObliging || files.contains { $0.hasPrefix("\(path)/") }
    }
}

extension PretendRepository.Project {
    package static func vite(output: String = "dist") -> Self {
        var project = Self()
        project.developmentDependencies = ["vite"]
        project.scripts["build"] = .init(
            writes: [output],
            lines: [
                "\u{1B}[36mvite v7.1.9 \u{1B}[32mbuilding for production...\u{1B}[39m", "transforming...",
                "\u{1B}[32m✓\u{1B}[39m 34 modules transformed.", "rendering chunks...",
                "\u{1B}[2m\(output)/\u{1B}[22m\u{1B}[32mindex.html              \u{1B}[39m\u{1B}[1m0.46 kB\u{1B}[22m",
                "\u{1B}[2m\(output)/\u{1B}[22m\u{1B}[36massets/index-C1s7Lq2d.js\u{1B}[39m\u{1B}[1m143.4 kB\u{1B}[22m",
                "\u{1B}[32m✓ built in 1.21s\u{1B}[39m",
            ], tool: "vite")
        return project
    }
}
