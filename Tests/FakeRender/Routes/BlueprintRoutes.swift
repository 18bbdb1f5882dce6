// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import NIOHTTP1

extension Operation {
    static let blueprints: [Operation] = [
        Operation(.GET, "/blueprints", "list-blueprints") { world, call throws(Refusal) in
            let found = world.blueprints.values.filter { call.admits("ownerId", $0.ownerID) }
            return try Paging(call).answer(
                found.map { ($0.id, $0.json(world, isDetail: false)) }, as: "blueprint")
        },
        Operation(.POST, "/blueprints/validate", "validate-blueprint") { world, call throws(Refusal) in
            try world.validateBlueprint(call)
        },
        Operation(.GET, "/blueprints/{blueprintId}", "retrieve-blueprint") { world, call throws(Refusal) in
            guard let blueprint = world.blueprints[call.parameter("blueprintId")] else { throw .notFound("blueprint") }
            return FakeAnswer(200, blueprint.json(world, isDetail: true))
        },
    ]
}

extension World {
    /// Render's own opinion of a file: names of what would be made, and errors, with 200 either way.
    fileprivate func validateBlueprint(_ call: FakeCall) throws(Refusal) -> FakeAnswer {
        guard let form = MultipartForm(call) else { throw .invalid("the body must be multipart/form-data") }
        guard let owner = form.parts["ownerId"], owners[owner] != nil else { throw .invalid("ownerId is required") }
        guard let file = form.parts["file"] else { throw .invalid("file is required") }
        guard file.utf8.count <= 10_000_000 else { throw .invalid("file is larger than 10 MB") }
        let outline = BlueprintOutline(file)
        guard outline.errors.isEmpty else {
            let errors = outline.errors.map { error -> JSONValue in
                ["path": "", "error": .string(error.message), "line": JSONValue(error.line), "column": 1]
            }
            return FakeAnswer(200, ["valid": false, "errors": .array(errors)])
        }
        func new(_ names: [String], _ existing: [String]) -> [JSONValue] {
            names.filter { !existing.contains($0) }.map { .string($0) }
        }
        let services = new(outline.services, services.values.map(\.name))
        let databases = new(outline.databases, databases.values.map(\.name))
        let keyValues = new(outline.keyValues, keyValues.values.map(\.name))
        let groups = new(outline.envGroups, envGroups.values.map(\.name))
        return FakeAnswer(
            200,
            [
                "valid": true,
                "plan": [
                    "services": .array(services), "databases": .array(databases), "keyValue": .array(keyValues),
                    "envGroups": .array(groups),
                    "totalActions": JSONValue(services.count + databases.count + keyValues.count + groups.count),
                ],
            ])
    }
}

/// The parts of a `multipart/form-data` body by name.
struct MultipartForm {
    var parts: [String: String] = [:]

    init?(_ call: FakeCall) {
        guard let type = call.headers.first(name: "content-type"),
            type.lowercased().hasPrefix("multipart/form-data"),
            let mark = type.range(of: "boundary=")
        else { return nil }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.replacing("\"", with: "")
        let text = String(decoding: call.body, as: UTF8.self).replacing("\r\n", with: "\n")
        for part in text.components(separatedBy: "--\(boundary)") {
            guard let end = part.range(of: "\n\n") else { continue }
            let head = part[..<end.lowerBound]
            guard let name = head.firstMatch(of: #/\bname="?([^";\n]+)"?/#)?.1 else { continue }
            var value = String(part[end.upperBound...])
            if value.hasSuffix("\n") { value.removeLast() }
            parts[String(name)] = value
        }
    }
}
