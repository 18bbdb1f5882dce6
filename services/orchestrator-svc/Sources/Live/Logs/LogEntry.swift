// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain

/// A log frame on its way to subscribers: its JSON as logging-svc wrote it, and what filters look at.
struct LogEntry: Sendable {
    let id: Int64
    let json: [UInt8]
    private let level: LogLevel
    private let service: String
    private let correlationID: String?
    private let traceID: String?

    /// Reads an entry of `GET /logs` or an event of `GET /logs/stream`; nil when it is none.
    init?(_ value: JSONValue, json: [UInt8]? = nil) {
        guard let id = value["id"]?.int, let level = value["level"]?.string.flatMap(LogLevel.init(rawValue:)),
            let service = value["service"]?.string
        else { return nil }
        self.id = Int64(id)
        self.json = json ?? value.bytes
        self.level = level
        self.service = service
        correlationID = value["correlation_id"]?.string
        traceID = value["trace_id"]?.string
    }

    /// The frame for a subscriber with that filter; nil when it is not wanted.
    func json(for filter: LiveFilter) -> ArraySlice<UInt8>? {
        let isWanted = filter.admits(level: level, service: service, correlationID: correlationID, traceID: traceID)
        return isWanted ? json[...] : nil
    }
}

/// The newest log frames, for all subscribers together. Bounded by number and by bytes.
struct LogRing: Sendable {
    private let frameLimit: Int
    private let byteLimit: Int
    private var entries: [LogEntry] = []
    private var bytes = 0
    /// Everything after this id and up to `last` is here.
    private var base: Int64
    private(set) var last: Int64

    init(after id: Int64, frameLimit: Int, byteLimit: Int) {
        base = id
        last = id
        self.frameLimit = frameLimit
        self.byteLimit = byteLimit
    }

    /// Takes in the next frame; one that is here already is passed over.
    mutating func append(_ entry: LogEntry) {
        guard entry.id > last else { return }
        entries.append(entry)
        bytes += entry.json.count
        last = entry.id
        // Trimmed only at twice the bounds, so that each frame is moved about once.
        guard entries.count > 2 * frameLimit || bytes > 2 * byteLimit else { return }
        var dropped = 0
        while entries.count - dropped > frameLimit || bytes > byteLimit {
            bytes -= entries[dropped].json.count
            base = entries[dropped].id
            dropped += 1
        }
        entries.removeFirst(dropped)
    }

    /// Frames after `id`; nil when the ring does not reach back that far, or `id` is beyond its end.
    func entries(after id: Int64, limit: Int) -> [LogEntry]? {
        guard id >= base, id <= last else { return nil }
        // The ids ascend, so the first one that is wanted is found by halving.
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return Array(entries[low..<min(entries.count, low + limit)])
    }
}
