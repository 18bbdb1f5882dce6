// SPDX-License-Identifier: Apache-2.0

/// Plays the few commands that build commands are made of, on a repository that is only described. Nothing is executed.
struct PretendShell {
    let repository: PretendRepository
    let environment: [String: String]
    /// Where it is, from the repository's root.
    private(set) var folder: String
    private(set) var lines: [String] = []
    private(set) var written: Set<String> = []
    /// Tools that an installation has brought.
    private var tools: Set<String> = []

    init(repository: PretendRepository, environment: [String: String], folder: String) {
        self.repository = repository
        self.environment = environment
        self.folder = folder
    }

    /// Runs a line of commands and answers its exit status.
    mutating func run(_ line: String) -> Int {
        if repository.isObliging { return 0 }
        for command in line.replacing("&&", with: ";").split(separator: ";") {
            let words = command.split(separator: " ").map(String.init).drop { $0.contains("=") }
            guard let name = words.first else { continue }
            let status = run(name, Array(words.dropFirst()))
            if status != 0 { return status }
        }
        return 0
    }

    private var project: PretendRepository.Project? { repository.projects[folder] }
    private var place: String {
        folder.isEmpty ? PretendBuild.source : "\(PretendBuild.source)/\(folder)"
    }

    private mutating func run(_ name: String, _ arguments: [String]) -> Int {
        switch name {
        case "cd": return change(to: arguments.first ?? "")
        case "echo":
            lines.append(arguments.joined(separator: " "))
            return 0
        case "true", ":": return 0
        case "npm", "pnpm", "yarn", "bun": return package(manager: name, arguments)
        case "npx": return tool(arguments.first { !$0.hasPrefix("-") } ?? "", Array(arguments.dropFirst()))
        case "pip", "pip3":
            guard project?.kind == .python else {
                lines.append("ERROR: Could not open requirements file: No such file or directory: 'requirements.txt'")
                return 1
            }
            lines.append("Successfully installed 12 packages")
            return 0
        case "go":
            guard project?.kind == .go else {
                lines.append("go: go.mod file not found in current directory or any parent directory")
                return 1
            }
            return 0
        case "hugo":
            guard project?.kind == .hugo else {
                lines.append("Error: Unable to locate config file or config directory.")
                return 1
            }
            write("public")
            lines.append("Total in 87 ms")
            return 0
        default: return tool(name, arguments)
        }
    }

    private mutating func change(to path: String) -> Int {
        let target = path == ".." ? folder.appending(path: "..").plainPath : folder.appending(path: path.plainPath)
        guard repository.hasFolder(target) else {
            lines.append("bash: line 1: cd: \(path): No such file or directory")
            return 1
        }
        folder = target
        return 0
    }

    private mutating func package(manager: String, _ arguments: [String]) -> Int {
        guard let project, project.kind == .node else {
            if manager == "yarn" {
                lines.append("error Couldn't find a package.json file in \"\(place)\"")
                return 1
            }
            lines.append("npm error code ENOENT")
            lines.append(
                "npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, "
                    + "open '\(place)/package.json'")
            return 254
        }
        let plain = arguments.filter { !$0.hasPrefix("-") }
        switch plain.first {
        case "ci", "clean-install", "install", "i", nil: return install(project, manager, arguments)
        case "run", "run-script":
            guard plain.count > 1 else { return 0 }
            return script(plain[1], of: project, manager)
        case "start"?, "test"?: return script(plain.first ?? "", of: project, manager)
        case let name?:
            guard manager != "npm" else {
                lines.append("Unknown command: \"\(name)\"")
                return 1
            }
            return script(name, of: project, manager)
        }
    }

    private mutating func install(
        _ project: PretendRepository.Project, _ manager: String, _ arguments: [String]
    ) -> Int {
        let isClean = arguments.contains("ci") || arguments.contains("--frozen-lockfile")
        if isClean, !project.hasLockfile || !project.isLockfileFresh {
            switch manager {
            case "pnpm": lines.append("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\"")
            case "yarn": lines.append("error Your lockfile needs to be updated, but yarn was run with a frozen one.")
            default:
                lines.append(
                    "npm error `npm ci` can only install packages when your package.json and package-lock.json "
                        + "are in sync.")
            }
            return 1
        }
        if let version = project.nodeVersion, environment["NODE_VERSION"] != version {
            lines.append("npm error code EBADENGINE")
            lines.append("npm error engine Unsupported engine: wanted node \(version), found 22.16.0")
            return 1
        }
        tools.formUnion(project.dependencies)
        let isProduction = environment["NODE_ENV"] == "production" && !arguments.contains("--include=dev")
        if !isProduction { tools.formUnion(project.developmentDependencies) }
        lines.append("added \(isProduction ? 3 : 128) packages, and audited \(isProduction ? 4 : 129) packages in 3s")
        return 0
    }

    private mutating func script(_ name: String, of project: PretendRepository.Project, _ manager: String) -> Int {
        guard let script = project.scripts[name] else {
            lines.append(
                manager == "yarn"
                    ? "error Command \"\(name)\" not found." : "npm error Missing script: \"\(name)\"")
            return 1
        }
        lines.append("> app@1.0.0 \(name)")
        return play(script)
    }

    private mutating func tool(_ name: String, _ arguments: [String]) -> Int {
        guard tools.contains(name),
            let script = project?.scripts.values.first(where: { $0.tool == name })
        else {
            lines.append("bash: line 1: \(name): command not found")
            return 127
        }
        return play(script)
    }

    private mutating func play(_ script: PretendRepository.Script) -> Int {
        if let tool = script.tool {
            lines.append("> \(tool) build")
            guard tools.contains(tool) else {
                lines.append("sh: 1: \(tool): not found")
                return 127
            }
        }
        for key in script.needs where environment[key] == nil {
            lines.append("error: Environment variable not found: \(key).")
            return 1
        }
        if script.isStrictAboutWarnings, environment["CI"] != "false" {
            lines.append("Treating warnings as errors because process.env.CI = true.")
            lines.append("Failed to compile.")
            return 1
        }
        lines += script.lines
        guard script.exitStatus == 0 else { return script.exitStatus }
        for folder in script.writes { write(folder) }
        return 0
    }

    private mutating func write(_ output: String) { written.insert(folder.appending(path: output)) }
}
