// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Synchronization
import TestKit

/// A subscriber that goes on where it was whenever its connection breaks, and keeps the places of all it was sent.
final class KillFollower: Sendable {
    private struct Seen {
        var places: [Int64] = []
        var cursor: Int64 = 0
        var connections = 0
        var resets = 0
    }

    enum Kind: Sendable {
        /// `/ws`, by position.
        case socket
        /// The room's server-sent events, by `stream_seq`.
        case room(String)
    }

    /// A connection this quiet may be dead, and is given up.
    private static let patience: Duration = .seconds(4)

    let kind: Kind
    private let entrances: [DaemonProcess]
    private let internalKey: String
    private let seen = Mutex(Seen())

    private let number: Int

    /// - Parameter number: Tells it apart from others, and says which entrance it tries first.
    init(_ kind: Kind, number: Int = 1, at entrances: [DaemonProcess], internalKey: String) {
        self.kind = kind
        self.number = number
        self.entrances = entrances
        self.internalKey = internalKey
    }

    var delivery: Evidence.Delivery {
        let places = seen.withLock { $0.places }
        return switch kind {
        case .socket: Evidence.Delivery(subscriber: name, stream: nil, places: places)
        case .room(let id): Evidence.Delivery(subscriber: name, stream: "room/\(id)", places: places)
        }
    }

    var name: String {
        switch kind {
        case .socket: "subscriber \(number) of /ws"
        case .room: "subscriber \(number) of the room"
        }
    }

    /// The last place it was sent.
    var last: Int64 { seen.withLock { $0.places.last ?? 0 } }
    var connections: Int { seen.withLock { $0.connections } }
    /// That it was told to begin anew, which no daemon has a reason to say here.
    var surprises: [String] {
        let resets = seen.withLock { $0.resets }
        return resets == 0 ? [] : ["\(name) was told to begin anew \(resets) times"]
    }

    /// Follows until it is cancelled.
    func run() async {
        var turn = number - 2
        while !Task.isCancelled {
            // Reconnects as fast as `eventually` lets it, until there is somebody to listen to.
            try? await eventually(within: .seconds(60)) { () async throws -> Bool in
                turn += 1
                try await follow(entrances[abs(turn) % entrances.count])
                return true
            }
        }
    }

    private func follow(_ daemon: DaemonProcess) async throws {
        switch kind {
        case .socket: try await followSocket(daemon)
        case .room(let id): try await followRoom(id, daemon)
        }
    }

    private func followSocket(_ daemon: DaemonProcess) async throws {
        let live = try await LiveConnection.open(daemon)
        defer { live.client.drop() }
        seen.withLock { $0.connections += 1 }
        try await live.subscribe(["tasks"], cursor: ["events": JSONValue(Int(seen.withLock { $0.cursor }))])
        while true {
            let frame = try await live.next(within: Self.patience)
            let places = (frame["items"]?.array ?? []).compactMap { $0["position"]?.int }.map(Int64.init)
            seen.withLock { seen in
                if frame["type"] == "reset" { seen.resets += 1 }
                if frame["type"] == "events" { seen.places += places }
                if let cursor = frame["cursor"]?["events"]?.int { seen.cursor = Int64(cursor) }
            }
        }
    }

    private func followRoom(_ id: String, _ daemon: DaemonProcess) async throws {
        let client = ServiceClient(
            peer: daemon.name, baseURL: try BaseURL(daemon.baseURL),
            credential: .internalKey(Secret(internalKey), service: "end-to-end-test"))
        let next = seen.withLock { $0.cursor } + 1
        let call = HTTPCall(.get, "/v1/streams/rooms/\(id)", query: [("from_seq", String(next))])
        try await client.withStream(call, idleLimit: Self.patience) { stream in
            self.seen.withLock { $0.connections += 1 }
            for try await event in stream.events() {
                self.seen.withLock { seen in
                    guard event.event != "reset" else { return seen.resets += 1 }
                    guard let place = Int64(event.id) else { return }
                    seen.places.append(place)
                    seen.cursor = place
                }
            }
        }
    }
}
