// SPDX-License-Identifier: Apache-2.0

/// What somebody sent by `NOTIFY`.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    package let payload: String

    package init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}
