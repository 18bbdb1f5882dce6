// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

extension Shape where Value == ID<Workspace> {
    /// A workspace's id. Unlike other identifiers it may be chosen, so it need not be a ULID.
    package static var workspace: Shape<ID<Workspace>> {
        let pattern = TextPattern("^ws_[A-Za-z0-9_-]{1,40}$", words: "a workspace's id such as ws_dev") { text in
            text.hasPrefix("ws_") && (4...43).contains(text.utf8.count)
                && text.utf8.dropFirst(3).allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                }
        }
        return Shape<String>.string(pattern, max: 43)
            .map(placeholder: Workspace.defaultID, words: pattern.words) { ID(trusted: $0) }
    }
}

extension InputReader {
    /// The workspace that a request is about; that of whoever does not name one unless the header does.
    package mutating func workspace() -> ID<Workspace> {
        header(
            "X-Workspace-Id", "The workspace; `\(Workspace.defaultID)` unless given.", Shape<ID<Workspace>>.workspace)
            ?? Workspace.defaultID
    }
}
