// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension InputReader {
    /// The workspace that a request is about: the header `x-workspace-id`, or the default one (seed 004).
    package mutating func workspace() -> ID<Workspace> {
        header(
            "x-workspace-id", "The workspace; `\(Workspace.defaultID.rawValue)` unless given.", .workspaceID)
            ?? Workspace.defaultID
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
