// SPDX-License-Identifier: Apache-2.0

/// A folder within a repository, by names that mean nothing to a shell: the only thing a log may bring into a setting.
struct RelativePath: Sendable, Hashable, CustomStringConvertible {
    private static let longest = 120
    private static let deepest = 8
    private static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@".utf8)

    /// Hidden folders that tools write pages to; every other one holds what is nobody else's business.
    private static let shownFolders: Set<String> = [".output", ".vitepress", ".vuepress", ".docz", ".dist", ".build"]

    let components: [String]

    var description: String { components.joined(separator: "/") }

    /// Takes `./` before and `/` behind. Nil for the empty path, absolute ones, `..` and every other character.
    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty, rest.utf8.count <= Self.longest else { return nil }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= Self.deepest, parts.allSatisfy(Self.isName) else { return nil }
        components = parts.map(String.init)
    }

    private init(components: [String]) { self.components = components }

    private static func isName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-") else { return false }
        return name != "." && name != ".." && name.utf8.allSatisfy(allowed.contains)
    }

    /// Whether it may be shown to the world, or built: no `.git`, no `.env`, nobody else's packages.
    var isPublishable: Bool {
        components.allSatisfy { name in
            name != "node_modules" && (!name.hasPrefix(".") || Self.shownFolders.contains(name))
        }
    }

    func appending(_ other: RelativePath) -> RelativePath { RelativePath(components: components + other.components) }

    /// What is left behind `prefix`; nil when it does not begin with it or nothing is left.
    func removing(_ prefix: RelativePath) -> RelativePath? {
        guard components.count > prefix.components.count, components.starts(with: prefix.components) else { return nil }
        return RelativePath(components: Array(components.dropFirst(prefix.components.count)))
    }

    /// How Render treats a path in a setting: without `./` before, `/` at either end, and nothing for `.`.
    static func normalized(_ setting: String?) -> String {
        var rest = Substring(setting ?? "")
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        while rest.hasPrefix("/") { rest = rest.dropFirst() }
        while rest.hasSuffix("/") { rest.removeLast() }
        return rest == "." ? "" : String(rest)
    }
}
