// SPDX-License-Identifier: Apache-2.0

extension FuzzTarget {
    /// Every reader of bytes from outside. A new one belongs here, with a folder in `Corpus`.
    package static let all = [
        api, blueprint, buildlog, cron, headers, hooks, json, logs, schema, streams, websocket,
    ]
}
