// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import HTTPTypes

/// A page of log frames, oldest first.
struct LogPage: Sendable {
    let entries: [LogEntry]
    /// Everything up to this id is decided.
    let scannedTo: Int64
    /// The newest id of the log when the page was read.
    let newestID: Int64
    /// The oldest id that is still kept; one more than the newest when none is.
    let oldestID: Int64
}

extension ServiceClient {
    /// The id of the newest log frame; 0 before the first.
    func newestLogID() async throws -> Int64 {
        let answer = try await send(HTTPCall(.get, "/logs", query: [("limit", "1")])).json()
        guard let id = answer["newest_id"]?.int else { throw Self.strange }
        return Int64(id)
    }

    /// Log frames after an id; those that the filter cannot want may be left out.
    func logs(after id: Int64, limit: Int, filter: LiveFilter = .everything) async throws -> LogPage {
        var query = [("after", String(id)), ("order", "oldest"), ("limit", String(limit))]
        // A comma would make two names of one.
        if !filter.services.contains(where: { $0.contains(",") }) { query += filter.services.map { ("service", $0) } }
        if let level = filter.minimumLevel { query.append(("level", level.rawValue)) }
        // logging-svc takes one value of these; of several, each frame is looked at here.
        if filter.traces.count == 1 { query += filter.traces.map { ("traceId", $0) } }
        if filter.correlations.count == 1 { query += filter.correlations.map { ("correlationId", $0) } }
        let answer = try await send(HTTPCall(.get, "/logs", query: query)).json()
        guard let rows = answer["logs"]?.array, let scannedTo = answer["scanned_to"]?.int,
            let newestID = answer["newest_id"]?.int, let oldestID = answer["oldest_id"]?.int
        else { throw Self.strange }
        return LogPage(
            entries: rows.compactMap { LogEntry($0) }, scannedTo: Int64(scannedTo), newestID: Int64(newestID),
            oldestID: Int64(oldestID))
    }

    private static var strange: HTTPCallError { .malformed("not a page of logs") }
}

extension HTTPField.Name {
    static let lastEventID = constant("Last-Event-ID")

    private static func constant(_ name: StaticString) -> HTTPField.Name {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
        return field
    }
}
