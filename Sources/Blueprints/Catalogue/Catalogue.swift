// SPDX-License-Identifier: Apache-2.0

/// Every key that either dialect has, by the place where it stands.
package enum Catalogue {
    /// In the order in which they are declared.
    package static func entries(at place: Place) -> [Entry] { all[place] ?? [] }

    /// Nil for a key that the place does not have.
    package static func entry(_ key: String, at place: Place) -> Entry? { index[place]?[key] }

    /// Whether a call of Render's API sets the field of a service of that type; the format may have it for others, too.
    package static func reaches(_ field: Field, of type: ServiceType) -> Bool { reach[field]?.contains(type) == true }

    private static let reach = service.reduce(into: [Field: Set<ServiceType>]()) { reach, entry in
        if case .beyond = entry.standing { return }
        if let field = entry.field { reach[field, default: []].formUnion(entry.reached) }
    }

    private static let all: [Place: [Entry]] = structure.merging(environment) { first, _ in first }
        .merging([.service: service]) { first, _ in first }
        .merging(stores) { first, _ in first }
        .merging(values) { first, _ in first }

    private static let index = all.mapValues { entries in
        Dictionary(entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Catalogue {
    static let structure: [Place: [Entry]] = [
        .root: resources + [
            Entry("projects", .structures(.project)),
            Entry("ungrouped", .structure(.ungrouped)),
            Entry("previews", .structure(.rootPreviews), .optional, .beyond(previewsReason)),
            Entry("previewsEnabled", .flag, .optional, .beyond(previewsReason)),
            Entry("previewsExpireAfterDays", .integer(1...Int.max), .optional, .beyond(previewsReason)),
            Entry("buildSources", .structures(.buildSource), .optional, .beyond(buildSourcesReason)),
            Entry("version", .text),
        ],
        .rootPreviews: [
            Entry("generation", .choice(generations)),
            Entry("expireAfterDays", .integer(1...Int.max)),
        ],
        .ungrouped: resources + [
            Entry("buildSources", .structures(.buildSource), .optional, .beyond(buildSourcesReason))
        ],
        .project: [
            Entry("name", .word, .required),
            Entry("environments", .structures(.environment)),
            Entry("buildSources", .structures(.buildSource), .optional, .beyond(buildSourcesReason)),
        ],
        .environment: resources + [
            Entry("name", .word, .required),
            Entry("networking", .networkIsolation, .only(.networking)),
            Entry("permissions", .protection, .only(.permissions)),
        ],
        .networking: [Entry("isolation", .choice(Choices(["enabled", "disabled"])), .required)],
        .permissions: [Entry("protection", .choice(protections), .required)],
        .buildSource: [
            Entry("name", .word, .required),
            Entry("git", .structure(.buildSourceGit)),
            Entry("image", .object(.image)),
        ],
        .buildSourceGit: [
            Entry("repo", .word, .required),
            Entry("branch", .word),
            Entry("runtime", .choice(runtimes), .required),
            Entry("buildCommand", .command),
            Entry("buildFilter", .object(.buildFilter)),
            Entry("envVars", .structures(.envVar)),
            Entry("rootDir", .text),
            Entry("baseDir", .text),
            Entry("region", .choice(regions)),
            Entry("dockerfilePath", .text),
            Entry("registryCredential", .only(.registryCredential)),
        ],
    ]

    private static let resources = [
        Entry("services", .structures(.service)),
        Entry("databases", .structures(.database)),
        Entry("envVarGroups", .structures(.envVarGroup)),
    ]

    private static let previewsReason = "preview environments are made by Render's own Blueprints only"
    private static let buildSourcesReason = "Render's API has no build sources"

    static let generations = Choices(["off", "manual", "automatic"])
    static let regions = Choices(["oregon", "ohio", "frankfurt", "singapore", "virginia"])
    static let runtimes = Choices(["docker", "elixir", "go", "image", "node", "python", "ruby", "rust", "static"])
    private static let protections = Choices(
        ["enabled", "disabled"], also: ["protected": "protected", "unprotected": "unprotected"]
    ) { $0 == "enabled" ? "protected" : "unprotected" }
}
