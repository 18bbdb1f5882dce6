// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where the current work belongs: the W3C trace, our own span in it, and the identifiers that people search logs by.
///
/// `TraceContext.current` follows the task that handles a request, so that the log handler and the HTTP client need not
/// be handed it.
package struct TraceContext: Sendable, Equatable {
    /// 32 lowercase hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 lowercase hexadecimal digits, not all zero: this daemon's span, the parent of whatever it calls.
    package let spanID: String
    /// The two flag digits as they came, `01` when the trace began here.
    package let flags: String
    package var requestID: String?
    package var correlationID: String?

    /// The context of the request or job that the current task works on.
    @TaskLocal package static var current: TraceContext?

    package init(
        traceID: String, spanID: String, flags: String = "01", requestID: String? = nil, correlationID: String? = nil
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.requestID = requestID
        self.correlationID = correlationID
    }

    /// The beginning of a new trace.
    package static func makeRoot() -> TraceContext { TraceContext(traceID: randomTraceID(), spanID: randomSpanID()) }

    /// A new span of a trace that is known from elsewhere, such as from a task's row.
    package init(continuing traceID: String, correlationID: String? = nil) {
        self.init(traceID: traceID, spanID: Self.randomSpanID(), correlationID: correlationID)
    }

    /// A new span below the one that a `traceparent` header names; nil when the header is not exactly as W3C says.
    package init?(traceparent header: String) {
        let text = Array(header.utf8)
        // 2 digits of version, 32 of trace, 16 of parent, 2 of flags, three dashes: 55 bytes in version 00; a later
        // version may append "-…" and version ff is never valid.
        guard text.count >= 55, [2, 35, 52].allSatisfy({ text[$0] == UInt8(ascii: "-") }) else { return nil }
        let version = text[0..<2]
        guard Self.isHexadecimal(version), version != Self.forbiddenVersion[...] else { return nil }
        if version.allSatisfy({ $0 == UInt8(ascii: "0") }) {
            guard text.count == 55 else { return nil }
        } else {
            guard text.count == 55 || text[55] == UInt8(ascii: "-") else { return nil }
        }
        let (trace, parent, flags) = (text[3..<35], text[36..<52], text[53..<55])
        guard [trace, parent, flags].allSatisfy(Self.isHexadecimal),
            [trace, parent].allSatisfy({ $0.contains { $0 != UInt8(ascii: "0") } })
        else { return nil }
        self.init(
            traceID: String(decoding: trace, as: UTF8.self), spanID: Self.randomSpanID(),
            flags: String(decoding: flags, as: UTF8.self))
    }

    /// The header that passes this context on to whomever is called.
    package var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// Whether `text` could be a trace's id.
    package static func isTraceID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 32 && isHexadecimal(bytes[...]) && bytes.contains { $0 != UInt8(ascii: "0") }
    }

    private static let forbiddenVersion = Array("ff".utf8)

    private static func isHexadecimal(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    }

    private static func randomTraceID() -> String { Hex.text(noise() + noise()) }

    private static func randomSpanID() -> String { Hex.text(noise()) }

    /// Counts up from a random place; ids must be unlike, not secret, and asking the kernel for each costs a system
    /// call.
    private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))

    /// Eight bytes that differ from all others of this process: the counter through the finishing step of SplitMix64.
    private static func noise() -> [UInt8] {
        var word = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        word ^= word >> 31
        // An id of zeros means that there is none; one in 2^64 is.
        if word == 0 { word = 1 }
        return stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
    }
}
