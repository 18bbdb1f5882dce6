// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension InputReader {
    /// The workspace that a request is about: the header `x-workspace-id`, or the default one (seed 004).
    package mutating func workspace() -> ID<Workspace> {
        header(
            workspaceHeader, "The workspace; `\(Workspace.defaultID.rawValue)` unless given.", .workspaceID)
            ?? Workspace.defaultID
    }
}

/// The header that names the workspace.
private let workspaceHeader = "x-workspace-id"

extension InputDescription {
    /// Whether a request may name a workspace, and so one that there is not.
    var namesWorkspace: Bool { parameters.contains { $0.place == .header && $0.name == workspaceHeader } }
}

extension AnyEndpoint {
    /// The workspace that a request to this endpoint names; nil when it names none, or the endpoint is about none.
    package func workspaceNamed(by request: RawRequest) -> ID<Workspace>? {
        guard let name = request.header(workspaceHeader),
            input.parameters.contains(where: { $0.place == .header && $0.name == workspaceHeader })
        else { return nil }
        return ID(trusted: name)
    }
}

extension Shape where Value == ID<Workspace> {
    /// `ws_` and a short word; people choose these, so they need not be ULIDs.
    package static var workspaceID: Shape<ID<Workspace>> {
        let pattern = TextPattern("^ws_[A-Za-z0-9_-]{1,40}$", words: "ws_ and 1 to 40 letters, digits, _ or -") {
            text in
            text.hasPrefix("ws_") && (4...43).contains(text.utf8.count)
                && text.utf8.dropFirst(3).allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                }
        }
        return Shape<String>.string(pattern, min: 4, max: 43)
            .map(placeholder: Workspace.defaultID, words: pattern.words) { ID(trusted: $0) }
    }
}
