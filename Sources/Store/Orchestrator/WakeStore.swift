// SPDX-License-Identifier: Apache-2.0

package import Postgres

/// The notifications by which daemons tell each other of commits.
package enum WakeStore {
    /// Sends all payloads in one statement; equal ones of one transaction arrive once.
    package static func notify(_ channel: String, _ payloads: [String]) -> SQL {
        "SELECT count(pg_notify(\(channel), payload)) FROM unnest(\(payloads)) AS payload"
    }
}
