// SPDX-License-Identifier: Apache-2.0

/// What a render.yaml in the usual block layout would make, read by indentation.
///
/// This is Render's side of a second opinion: it only names things, and knows the mistakes that can be seen in a line.
struct BlueprintOutline {
    var services: [String] = []
    var keyValues: [String] = []
    var databases: [String] = []
    var envGroups: [String] = []
    var errors: [(message: String, line: Int)] = []

    private static let types = ["web", "pserv", "worker", "cron", "keyvalue", "redis", "workflow"]
    private static let runtimes = [
        "docker", "elixir", "go", "image", "node", "python", "ruby", "rust", "static",
    ]

    init(_ text: String) {
        var section = ""
        var sectionIndent = 0
        var item: (indent: Int, name: String?, type: String?, line: Int)?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.prefix { $0 != "#" }
            let body = line.drop { $0 == " " }
            guard !body.isEmpty else { continue }
            if line.contains("\t") { errors.append(("a tab cannot indent", index + 1)) }
            let indent = line.count - body.count
            let isItem = body.hasPrefix("- ")
            if let heading = Self.heading(body), !isItem, item.map({ indent < $0.indent }) ?? true {
                finish(&item, section)
                section = heading
                sectionIndent = indent
                continue
            }
            guard !section.isEmpty, indent >= sectionIndent else { continue }
            if isItem, item.map({ indent <= $0.indent - 2 }) ?? true {
                finish(&item, section)
                item = (indent + 2, nil, nil, index + 1)
            }
            let content = isItem ? body.dropFirst(2).drop { $0 == " " } : body
            guard let (key, value) = Self.pair(content), (isItem ? indent + 2 : indent) == item?.indent else {
                continue
            }
            if key == "name" { item?.name = value }
            if key == "type" { item?.type = value }
            if key == "runtime", !Self.runtimes.contains(value) {
                errors.append(("runtime \(value) is not known", index + 1))
            }
        }
        finish(&item, section)
    }

    private static func heading(_ body: Substring) -> String? {
        let plain = String(body.trimmingSuffix { $0 == " " || $0 == "\r" })
        return ["services", "databases", "envVarGroups"].first { plain == "\($0):" }
    }

    private static func pair(_ body: Substring) -> (String, String)? {
        let parts = body.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let value = parts[1].drop { $0 == " " }.trimmingSuffix { $0 == " " || $0 == "\r" }
        return (String(parts[0]), String(value).replacing("\"", with: "").replacing("'", with: ""))
    }

    private mutating func finish(
        _ item: inout (indent: Int, name: String?, type: String?, line: Int)?, _ section: String
    ) {
        defer { item = nil }
        guard let found = item else { return }
        guard let name = found.name else {
            errors.append(("name is required", found.line))
            return
        }
        switch section {
        case "databases": databases.append(name)
        case "envVarGroups": envGroups.append(name)
        default:
            guard let type = found.type, Self.types.contains(type) else {
                errors.append(("type must be one of \(Self.types.joined(separator: ", "))", found.line))
                return
            }
            if ["keyvalue", "redis"].contains(type) { keyValues.append(name) } else { services.append(name) }
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}
