// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes
import Synchronization

/// Follows the stream of a room over HTTP, as a program with the internal key.
package struct RoomFollower: Sendable {
    private let client: ServiceClient
    private let path: String

    package init(port: Int, internalKey: String, room: String) throws {
        client = ServiceClient(
            peer: "orchestrator-svc", baseURL: try BaseURL("http://127.0.0.1:\(port)"),
            credential: .internalKey(Secret(internalKey), service: "test"), limits: .init(retries: .never))
        path = "/v1/streams/rooms/\(room)"
    }

    /// Reads until `isEnough` says so of all that has come, or until the stream ends. What has come before the connection
    /// broke is answered, too, when `survives` is set, and nothing when the daemon is not there.
    ///
    /// - Parameters:
    ///   - from: `from_seq`.
    ///   - last: `Last-Event-ID`.
    ///   - connected: Called once the daemon has begun to answer.
    package func read(
        from: Int64? = nil, last: Int64? = nil, survives: Bool = false, patience: Duration = .seconds(20),
        connected: @escaping @Sendable () async throws -> Void = {},
        until isEnough: @escaping @Sendable ([ServerSentEvent]) -> Bool
    ) async throws -> [ServerSentEvent] {
        var headers: HTTPFields = [:]
        if let last { headers[.lastEventID] = String(last) }
        let call = HTTPCall(
            .get, path, query: from.map { [("from_seq", String($0))] } ?? [], headers: headers, isIdempotent: false)
        let seen = Mutex<[ServerSentEvent]>([])
        do {
            try await client.withStream(call, idleLimit: patience) { stream in
                try await connected()
                for try await event in stream.events() {
                    let events = seen.withLock { events in
                        events.append(event)
                        return events
                    }
                    if isEnough(events) { return }
                }
            }
        } catch let error as HTTPCallError {
            guard survives, error.status == nil || error.status == 503 else { throw error }
        }
        return seen.withLock { $0 }
    }

    /// The sequences of `read(…)`.
    package static func sequences(_ events: [ServerSentEvent]) -> [Int64] { events.compactMap { Int64($0.id) } }
}

extension HTTPField.Name {
    fileprivate static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .accept
}
