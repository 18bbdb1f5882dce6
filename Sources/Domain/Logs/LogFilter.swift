// SPDX-License-Identifier: Apache-2.0

import Common

/// Which frames somebody wants to see; what is empty or nil does not restrict.
package struct LogFilter: Sendable, Equatable {
    /// Any of these.
    package var services: [String]
    /// This level and above.
    package var minimumLevel: LogLevel?
    package var traceID: String?
    package var correlationID: String?
    /// All of these.
    package var with: [LogMatch]
    /// None of these.
    package var without: [LogMatch]
    /// A part of the message, with ASCII letters in either case.
    package let text: String?
    /// What `text` is compared as: its ASCII letters small.
    package let needle: String?

    package init(
        services: [String] = [], minimumLevel: LogLevel? = nil, traceID: String? = nil, correlationID: String? = nil,
        text: String? = nil, with: [LogMatch] = [], without: [LogMatch] = []
    ) {
        self.services = services
        self.minimumLevel = minimumLevel
        self.traceID = traceID
        self.correlationID = correlationID
        self.with = with
        self.without = without
        self.text = text.flatMap { $0.isEmpty ? nil : $0 }
        needle = self.text.map { String(decoding: $0.utf8.map(Self.small), as: UTF8.self) }
    }

    /// Says for each frame what the same restrictions in SQL say.
    package func matches(_ frame: LogFrame) -> Bool {
        if let minimumLevel, frame.level < minimumLevel { return false }
        if !services.isEmpty, !services.contains(where: frame.service.isSame) { return false }
        if let traceID, frame.traceID?.isSame(traceID) != true { return false }
        if let correlationID, frame.correlationID?.isSame(correlationID) != true { return false }
        if let needle, !Self.contains(Array(frame.message.utf8), Array(needle.utf8)) { return false }
        return matchesValues(of: frame)
    }

    private func matchesValues(of frame: LogFrame) -> Bool {
        guard !with.isEmpty || !without.isEmpty else { return true }
        let fields = readsFields ? frame.fields.flatMap { try? JSONValue.parse($0).object } : nil
        return with.allSatisfy { $0.holds(for: frame, fields: fields) }
            && !without.contains { $0.holds(for: frame, fields: fields) }
    }

    private var readsFields: Bool {
        (with + without).contains { match in
            if case .member = match.place { true } else { false }
        }
    }

    private static func small(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        guard text.count >= needle.count else { return false }
        for start in 0...(text.count - needle.count) where small(text[start]) == first {
            var length = 1
            while length < needle.count, small(text[start + length]) == needle[length] { length += 1 }
            if length == needle.count { return true }
        }
        return false
    }
}
