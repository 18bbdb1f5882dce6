// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Foundation

/// Real blueprints: those of the repository and those beside it.
enum KnownBlueprints {
    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let reference = repository.deletingLastPathComponent().appending(path: "shared/reference/render")

    static let document = reference.appending(path: "openapi.json").path()

    /// By name; without those that are invalid on purpose.
    static let names: [String] = {
        let folder = reference.appending(path: "blueprints").path()
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { !$0.contains("INVALID") }.sorted() + ["render.blueprint.yaml"]
    }()

    static func read(_ name: String) throws -> Blueprint {
        let folder =
            name == "render.blueprint.yaml"
            ? repository.appending(path: "infra") : reference.appending(path: "blueprints")
        return Blueprint.read([UInt8](try Data(contentsOf: folder.appending(path: name))))
    }

    /// A value for every variable that a person enters.
    static func entered(_ blueprint: Blueprint) -> [ResourceAddress: [String: Secret<String>]] {
        Dictionary(
            uniqueKeysWithValues: blueprint.resources.map { resource in
                let keys = resource.environment.filter { $0.source == .entered }.map(\.key)
                return (resource.address, Dictionary(uniqueKeysWithValues: keys.map { ($0, Secret("canary-\($0)")) }))
            })
    }
}
