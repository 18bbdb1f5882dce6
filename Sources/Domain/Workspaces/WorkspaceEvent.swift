// SPDX-License-Identifier: Apache-2.0

import Common

/// The events of a workspace's own making.
package enum WorkspaceEvent {
    package static let created = "workspace.created"

    package static func body(name: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name)
        writer.endObject()
        return writer.bytes
    }
}
