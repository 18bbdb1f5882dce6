// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The repository that a file lies in, which is what a blueprint means that names none.
enum GitOrigin {
    /// As an https URL without credentials: what CI says, else what the clone above the file calls `origin`.
    static func repository(of path: String, _ environment: [String: String] = ProcessInfo.processInfo.environment)
        -> String?
    {
        if let name = environment["GITHUB_REPOSITORY"], !name.isEmpty {
            return "\(environment["GITHUB_SERVER_URL"] ?? "https://github.com")/\(name)"
        }
        var folder = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent()
        while true {
            let configuration = folder.appending(path: ".git/config")
            if let text = try? String(contentsOf: configuration, encoding: .utf8) {
                return origin(in: text).flatMap(web)
            }
            guard folder.path != "/" else { return nil }
            folder.deleteLastPathComponent()
        }
    }

    private static func origin(in configuration: String) -> String? {
        var isOrigin = false
        for line in configuration.split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("[") { isOrigin = line == #"[remote "origin"]"# }
            if isOrigin, let match = line.wholeMatch(of: /url\s*=\s*(.+)/) { return String(match.1) }
        }
        return nil
    }

    /// `git@github.com:owner/name.git` and `https://token@github.com/owner/name.git` are both
    /// `https://github.com/owner/name`; nil for a place that Render cannot reach.
    static func web(_ remote: String) -> String? {
        let forms = [
            /(?:https?|ssh|git):\/\/(?:[^@\/]*@)?([^:\/]+)(?::\d+)?\/(.+?)(?:\.git)?\/?/,
            /(?:[^@\/]+@)([^:\/]+):(.+?)(?:\.git)?\/?/,
        ]
        for form in forms {
            if let match = remote.wholeMatch(of: form) { return "https://\(match.1)/\(match.2)" }
        }
        return nil
    }
}
