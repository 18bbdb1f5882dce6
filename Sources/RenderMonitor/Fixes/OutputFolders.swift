// SPDX-License-Identifier: Apache-2.0

/// The folder that a build wrote, as far as its log tells.
enum OutputFolders {
    private static let source = "/opt/render/project/src/"

    /// Lines by which tools say where they wrote, and what is below it for the pages.
    private static let marks: [(capture: Capture, below: String?)] = [
        (
            Capture(after: "The ", before: [" folder is ready to be deployed", " directory is ready to be deployed"]),
            nil
        ),
        (Capture(after: "Building documentation to directory: "), nil),
        (Capture(after: "App exported to: "), nil),
        (Capture(after: "Generated static files in \"", before: ["\""]), nil),
        (Capture(after: "Wrote site to \"", before: ["\""]), nil),
        (Capture(after: "Output location: "), "browser"),
        (Capture(after: "Files written to "), nil),
        (Capture(after: "[build] directory: "), nil),
        (Capture(after: "Destination: "), nil),
        (Capture(after: "Generated public "), nil),
        (Capture(after: "You can now deploy ", before: [" to any static"]), nil),
    ]

    struct Seen: Sendable, Hashable {
        let path: RelativePath
        /// Whether it was told from the root of the repository on.
        let isFromRoot: Bool
        let line: BuildLog.Line
    }

    /// Where pages were written. Several answers mean that the log does not tell.
    static func seen(in log: BuildLog) -> [Seen] {
        let lines = log.lines.filter { $0.phase == .build || $0.phase == .upload }
        let told = lines.compactMap { line in
            marks.lazy.compactMap { seen($0.capture.text(in: line.text), below: $0.below, at: line) }.first
        }
        let found = told.isEmpty ? shortest(of: lines.compactMap(page)) : told
        var known: Set<String> = []
        return found.filter { known.insert("\($0.isFromRoot) \($0.path)").inserted }
    }

    private static func seen(_ text: String?, below: String?, at line: BuildLog.Line) -> Seen? {
        guard let text else { return nil }
        let isFromRoot = text.hasPrefix(source)
        guard let path = RelativePath(isFromRoot ? text.dropFirst(source.count) : Substring(text)) else { return nil }
        let whole = below.flatMap { RelativePath($0) }.map(path.appending) ?? path
        guard whole.isPublishable else { return nil }
        return Seen(path: whole, isFromRoot: isFromRoot, line: line)
    }

    /// The folders at the top of what a bundler lists as written, with its size: `dist/assets/index.js  140.10 kB`.
    static func listed(in log: BuildLog) -> Set<String> {
        let files = log.lines.filter { $0.phase == .build }.compactMap { line -> RelativePath? in
            let words = line.text.split(separator: " ", maxSplits: 3)
            guard words.count > 2, units.contains(words[2]), words[1].contains(where: \.isNumber) else { return nil }
            return RelativePath(words[0])
        }
        return Set(files.filter { $0.components.count > 1 }.map { $0.components[0] })
    }

    private static let units: Set<Substring> = ["kB", "KB", "B", "bytes", "KiB", "kb"]

    /// The folder of a page in a list of what was written: `dist/index.html   0.46 kB`, `Writing _site/index.html from …`.
    private static func page(_ line: BuildLog.Line) -> Seen? {
        guard line.text.utf8.contains("/index.html".utf8) else { return nil }
        var words = line.text.split(separator: " ")
        if words.first == "[11ty]" { words.removeFirst() }
        let isWritten = words.first == "Writing"
        if isWritten { words.removeFirst() }
        guard isWritten || words.dropFirst(2).first.map(units.contains) ?? false else { return nil }
        guard let file = words.first, file.hasSuffix("/index.html") else { return nil }
        return seen(String(file.dropLast("/index.html".count)), below: nil, at: line)
    }

    /// Pages lie in folders below the one that is published.
    private static func shortest(of pages: [Seen]) -> [Seen] {
        guard let least = pages.min(by: { $0.path.components.count < $1.path.components.count }) else { return [] }
        let outside = pages.filter { $0.path != least.path && $0.path.removing(least.path) == nil }
        return [least] + outside.prefix(1)
    }
}
