// SPDX-License-Identifier: Apache-2.0

package import Common

/// An apply of a blueprint, for identifiers.
package enum RenderApply: Identified {
    package static let idPrefix = "apply"
}

extension InputReader {
    fileprivate mutating func blueprintName() -> String {
        member(
            "name", "What the blueprint is called here: what it applied is remembered under that name.",
            .string(.blueprintName, min: 1, max: 63), default: "default")
    }

    fileprivate mutating func file() -> String? {
        optional(
            "file",
            "What the file is called, such as `infra/render.blueprint.yaml`: places in the plan's text are named by it, by "
                + "the blueprint's name otherwise.", .string(.fileName, min: 1, max: 500))
    }

    fileprivate mutating func entered() -> [String: [String: Secret<String>]] {
        optional(
            "entered",
            """
            Values of variables that the blueprint leaves to be entered, by resource and key, such as \
            `{"service/api": {"API_KEY": "…"}}`. They are not kept.
            """,
            .dictionary(
                .resourceAddress, longest: 220,
                of: .dictionary(.variable, longest: 255, of: .secret(max: 65_536), max: 500), max: 200)) ?? [:]
    }

    fileprivate mutating func prune() -> RenderPruneInput {
        RenderPruneInput(
            takesResources: member(
                "prune",
                "Whether services and groups that were applied under that name and are not in the blueprint any more are "
                    + "deleted. Never databases and disks.", .bool, default: false),
            takesVariables: member(
                "prune_env",
                "Whether variables, headers, routes and domains that were applied under that name and are not in the "
                    + "blueprint any more are taken away.", .bool, default: false),
            count: optional(
                "prune_count",
                "How many resources are expected to be deleted; needed for more than one, or than a fifth of what is ours.",
                .integer(1...50)))
    }

    fileprivate mutating func origin() -> RenderOriginInput {
        RenderOriginInput(
            repo: optional(
                "repo", "The repository that the file is in: where new services are built from that name none.",
                .string(.text, min: 1, max: 500)),
            branch: optional("branch", "The branch that the file is in.", .string(.text, min: 1, max: 250)))
    }
}

extension TextPattern {
    /// The name of a file as a person reads it: nothing in it moves a terminal's cursor or turns the line around.
    package static let fileName = TextPattern(
        #"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"#,
        words: "the name of a file without control characters"
    ) { text in
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
            default: true
            }
        }
    }
}

extension Shape where Value == String {
    /// The text of a blueprint.
    fileprivate static var blueprint: Shape<String> { .string(.text, min: 1, max: 1_000_000) }
}

/// Whether resources are taken away.
package struct RenderPruneInput: Sendable, Equatable {
    package let takesResources: Bool
    package let takesVariables: Bool
    /// How many resources are expected to be deleted.
    package let count: Int?
}

/// Where a blueprint comes from.
package struct RenderOriginInput: Sendable, Equatable {
    package let repo: String?
    package let branch: String?
}

/// The body of `POST /render/blueprint/validate`.
package struct ValidateBlueprintInput: WireInput {
    package static let wireName = "BlueprintText"

    package let blueprint: String

    package init(_ reader: inout InputReader) {
        blueprint = reader.member("blueprint", "The file's text, in Render's form or the API's.", .blueprint)
    }
}

/// The body of `POST /render/blueprint/plan`.
package struct PlanBlueprintInput: WireInput {
    package static let wireName = "NewRenderPlan"

    package let blueprint: String
    /// Nil when it has no name.
    package let file: String?
    package let name: String
    package let ownerID: String?
    package let entered: [String: [String: Secret<String>]]
    package let prune: RenderPruneInput
    package let origin: RenderOriginInput

    package init(_ reader: inout InputReader) {
        blueprint = reader.member("blueprint", "The file's text, in Render's form or the API's.", .blueprint)
        file = reader.file()
        name = reader.blueprintName()
        ownerID = reader.renderOwner()
        entered = reader.entered()
        prune = reader.prune()
        origin = reader.origin()
    }
}

/// The body of `POST /render/blueprint/apply`.
package struct ApplyBlueprintInput: WireInput {
    package static let wireName = "NewRenderApply"

    /// Nil when a blueprint is given.
    package let planID: String?
    /// Nil when a plan is named.
    package let blueprint: String?
    /// Nil when it has no name, or a plan is named.
    package let file: String?
    package let name: String
    package let ownerID: String?
    package let entered: [String: [String: Secret<String>]]
    package let prune: RenderPruneInput
    package let origin: RenderOriginInput
    package let isDryRun: Bool

    package init(_ reader: inout InputReader) {
        planID = reader.optional(
            "plan_id", "A plan that was made before; its values that were entered are to be given again if long ago.",
            .string(.planID, max: 133))
        blueprint = reader.optional(
            "blueprint", "The file's text, in Render's form or the API's.", .blueprint)
        file = reader.file()
        name = reader.blueprintName()
        ownerID = reader.renderOwner()
        entered = reader.entered()
        prune = reader.prune()
        origin = reader.origin()
        isDryRun = reader.member("dryRun", "Whether it is only planned.", .bool, default: false)
        reader.requireExactlyOne(of: "plan_id", "blueprint")
    }
}

/// Names a plan in a path.
package struct RenderPlanInput: WireInput {
    package let id: String

    package init(_ reader: inout InputReader) {
        id = reader.path("id", "The plan.", .string(.planID, max: 133))
    }
}

/// Names an apply in a path.
package struct RenderApplyInput: WireInput {
    package let id: ID<RenderApply>

    package init(_ reader: inout InputReader) {
        id = reader.path("id", "The apply.", .id())
    }
}

extension InputReader {
    fileprivate mutating func blueprintNameQuery() -> String? {
        query("name", "Only of the blueprint of this name.", .string(.blueprintName, min: 1, max: 63))
    }

    fileprivate mutating func renderCursor() -> Int64? {
        query(
            "cursor", "Where an earlier answer ended: its `next_cursor`.",
            Shape<String>.string(.cursor, max: 32).map(
                placeholder: nil as Int64?, words: "a cursor that was handed out"
            ) { text in
                guard let number = Int64(text), number > 0, String(number) == text else { return nil }
                return .some(number)
            }) ?? nil
    }
}

/// `GET /render/plans`.
package struct ListRenderPlansInput: WireInput {
    package let name: String?
    package let limit: Int
    package let cursor: Int64?

    package init(_ reader: inout InputReader) {
        name = reader.blueprintNameQuery()
        limit = reader.query("limit", "How many at most.", .integer(1...100), default: 20)
        cursor = reader.renderCursor()
    }
}

/// `GET /render/applies`.
package struct ListRenderAppliesInput: WireInput {
    package let name: String?
    package let limit: Int
    package let cursor: Int64?

    package init(_ reader: inout InputReader) {
        name = reader.blueprintNameQuery()
        limit = reader.query("limit", "How many at most.", .integer(1...100), default: 20)
        cursor = reader.renderCursor()
    }
}

/// `GET /render/blueprint/drift`.
package struct BlueprintDriftInput: WireInput {
    package let name: String
    package let ownerID: String?

    package init(_ reader: inout InputReader) {
        name = reader.query(
            "name", "What the blueprint is called here.", .string(.blueprintName, min: 1, max: 63), default: "default")
        ownerID = reader.renderOwnerQuery()
    }
}
