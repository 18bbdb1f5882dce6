// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// How much of something runs may use at the same time, or in a time.
package enum LimitsAPI {
    package static let set = Endpoint<SetLimitInput, LimitView>(
        "setLimit", .put, "/v1/limits/{name}", .peopleAndServices(.manageQueues), "Sets a limit.",
        description: """
            Runs name it in `limits` with a key, and each key is counted by itself. Runs beyond it wait outside the \
            queue, so that they hold up nobody else.
            """,
        tag: "queues")

    package static let remove = Endpoint<LimitNameInput, NoContent>(
        "removeLimit", .delete, "/v1/limits/{name}", .peopleAndServices(.manageQueues), "Lifts a limit.",
        tag: "queues", success: [204])

    package static let list = Endpoint<ListLimitsInput, Page<LimitView>>(
        "listLimits", .get, "/v1/limits", .peopleAndServices(.readRuns), "Lists the limits in force, by name.",
        tag: "queues")

    package static let catalogue: [AnyEndpoint] = [set.route, remove.route, list.route]
}

/// Names a limit in a path.
package struct LimitNameInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let name: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.path("name", "The limit.", .string(.name, max: 63))
    }
}

/// `PUT /v1/limits/{name}`.
package struct SetLimitInput: WireInput {
    package static let wireName = "LimitDefinition"

    package let workspaceID: ID<Workspace>
    package let name: String
    package let maxConcurrent: Int?
    package let rate: RateInput?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.path("name", "The limit.", .string(.name, max: 63))
        maxConcurrent = reader.optional(
            "max_concurrent", "Runs of one key at the same time.", .integer(1...1_000_000))
        rate = reader.optional("rate", "Starts of one key in a time.", .object(RateInput.self))
        reader.requireOne(of: "max_concurrent", "rate")
    }
}

/// So many starts in so many seconds.
package struct RateInput: WireInput {
    package static let wireName = "RateDefinition"

    package let count: Int
    package let perSeconds: Double

    package init(_ reader: inout InputReader) {
        count = reader.member("count", "How many, also at once after a pause.", .integer(1...1_000_000))
        perSeconds = reader.member("per_seconds", "In how many seconds.", .number(0.1...86_400))
    }
}

/// `GET /v1/limits`.
package struct ListLimitsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let cursor: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.pageLimit()
        cursor = reader.pageCursor(.string(.name, max: 63))
    }
}

/// A limit in force.
package struct LimitView: WireObject {
    package static let wireName = "Limit"

    package let limit: Limit

    package init(_ limit: Limit) { self.limit = limit }

    package static let fields: [Field<LimitView>] = [
        Field("name", "Names the limit.") { $0.limit.name },
        Field("max_concurrent", "Runs of one key at the same time; null for any number.") { $0.limit.maxConcurrent },
        Field("rate", "Starts of one key in a time; null for any number.") { $0.limit.rate.map(RateView.init) },
        Field("created_at", "When it was first set.") { $0.limit.createdAt },
        Field("updated_at", "When it was last set.") { $0.limit.updatedAt },
    ]
}

/// So many starts in so many seconds.
package struct RateView: WireObject {
    package static let wireName = "Rate"

    package let rate: Limit.Rate

    package init(_ rate: Limit.Rate) { self.rate = rate }

    package static let fields: [Field<RateView>] = [
        Field("count", "How many.") { $0.rate.count },
        Field("per_seconds", "In how many seconds.") { $0.rate.seconds },
    ]
}
