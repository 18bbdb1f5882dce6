// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// Views that callers name for themselves.
package enum SavedViewsAPI {
    package static let list = Endpoint<ListSavedViewsInput, Page<SavedViewView>>(
        "listSavedViews", .get, "/v1/saved-views", .peopleAndServices(.readTasks),
        "Lists the caller's saved views by name.",
        description: "There are \(SavedView.mostPerReader) at most, so all are in one page.", tag: "saved-views")

    package static let save = Endpoint<SaveViewInput, SavedViewView>(
        "saveView", .put, "/v1/saved-views/{name}", .peopleAndServices(.readTasks),
        "Saves a view for the caller, in place of one of the same name.",
        description: "It is private to the caller and no event. One more than \(SavedView.mostPerReader) is 409.",
        tag: "saved-views", problems: [.conflict])

    package static let delete = Endpoint<DeleteSavedViewInput, NoContent>(
        "deleteSavedView", .delete, "/v1/saved-views/{name}", .peopleAndServices(.readTasks),
        "Deletes one of the caller's saved views.", tag: "saved-views", success: [204])

    package static let catalogue: [AnyEndpoint] = [list.route, save.route, delete.route]
}

extension TextPattern {
    /// A view of the dashboard, as its address names it.
    fileprivate static let place = TextPattern("^[a-z-]{1,40}$", words: "1 to 40 lowercase letters and dashes") {
        text in
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// One line of text: nothing in it that does not show.
    fileprivate static let line = TextPattern(#"^[^\u0000-\u001f\u007f]*$"#, words: "text without control characters") {
        $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

extension InputReader {
    fileprivate mutating func viewName() -> String {
        path("name", "What the view is called.", .string(.line, min: 1, max: SavedView.longestName))
    }
}

/// `GET /v1/saved-views`.
package struct ListSavedViewsInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let place: String?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        place = reader.query("place", "Only those of this view.", .string(.place, min: 1, max: 40))
    }
}

/// `PUT /v1/saved-views/{name}`.
package struct SaveViewInput: WireInput {
    package static let wireName = "ViewToSave"

    package let workspaceID: ID<Workspace>
    package let name: String
    package let place: String
    package let query: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.viewName()
        place = reader.member("place", "The view, such as `tasks`.", .string(.place, min: 1, max: 40))
        query = reader.member(
            "query", "Its restrictions, as its address has them: `status=failed&agent=echo`.",
            .string(.line, max: SavedView.longestQuery), default: "")
    }
}

/// `DELETE /v1/saved-views/{name}`.
package struct DeleteSavedViewInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let name: String

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        name = reader.viewName()
    }
}

/// A view that the caller has named.
package struct SavedViewView: WireObject {
    package static let wireName = "SavedView"

    package let view: SavedView

    package init(_ view: SavedView) { self.view = view }

    package static let fields: [Field<SavedViewView>] = [
        Field("name", "What it is called.") { $0.view.name },
        Field("place", "The view, such as `tasks`.") { $0.view.place },
        Field("query", "Its restrictions, as its address has them.") { $0.view.query },
        Field("created_at", "When it was first saved.") { $0.view.createdAt },
        Field("updated_at", "When it was last saved.") { $0.view.updatedAt },
    ]
}
