// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import ServiceKit

extension FuzzTarget {
    /// The small texts in headers, paths and cursors: one input is read as each of them.
    static let headers = FuzzTarget("headers") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        try HeaderTarget.checkTrace(text)
        try HeaderTarget.checkCredentials(text)
        try HeaderTarget.checkCursors(text)
        try HeaderTarget.checkTime(text)
        try HeaderTarget.checkNames(text)
        try HeaderTarget.checkAddresses(text)
        try HeaderTarget.checkEncodings(text)
    }
}

private enum HeaderTarget {
    static func checkTrace(_ text: String) throws {
        guard let trace = TraceContext(traceparent: text) else { return }
        try hold(text.utf8.count >= 55 && text.utf8.prefix(55).allSatisfy { $0 < 0x80 }, "too little for a trace")
        try hold(TraceContext.isTraceID(trace.traceID), "\(trace.traceID) is no trace's id")
        try hold(text.contains(trace.traceID), "a trace was made up")
        let passedOn = TraceContext(traceparent: trace.traceparent)
        try hold(passedOn?.traceID == trace.traceID && passedOn?.flags == trace.flags, "a trace is lost on the way")
        try hold(trace.traceparent.utf8.count == 55, "what is passed on is not of version 00")
    }

    static func checkCredentials(_ text: String) throws {
        let header = AuthorizationHeader(text)
        try hold(header.basic == nil || header.bearer == nil, "a header is of two schemes")
        let password = Secret("the password")
        let credentials = BasicCredentials(user: "admin", password: password)
        let decoded = header.basic.flatMap { Data(base64Encoded: $0) }
        let isRight = decoded.map(Array.init) == Array("admin:the password".utf8)
        try same(credentials.matches(authorization: text), isRight, "whether credentials match")
        let own = BasicCredentials(user: text, password: Secret(text))
        try hold(own.matches(authorization: BasicCredentials.header(user: text, password: Secret(text))), "no match")
        let key = Secret("the internal key")
        try hold(WorkerToken.agent(of: text, internalKey: key) == nil, "a token is taken that was never made")
        let token = WorkerToken.make(agent: text, internalKey: key).reveal()
        try hold(WorkerToken.agent(of: token, internalKey: key).isSpelt(as: text), "a token is of another agent")
    }

    static func checkCursors(_ text: String) throws {
        if let cursor = LogCursor(text) {
            try hold(cursor.text.isSpelt(as: text) && cursor.id >= 0, "a cursor of logs is another")
        }
        if let cursor = EventCursor(text) {
            try hold(cursor.text.isSpelt(as: text) && cursor.place >= 0, "a cursor of events is another")
        }
        let room = "room_01JD0000000000000000000000"
        let request = RawRequest(path: [("room_id", room)]) { $0 == "Last-Event-ID" ? text : nil }
        guard let input = try? StreamsAPI.room.decode(request) else { return }
        try hold(input.after.map { $0 >= 0 } == true, "a place before the first")
        try hold(Double(text) == input.after.map(Double.init), "\(text) is not \(String(describing: input.after))")
    }

    static func checkTime(_ text: String) throws {
        if let time = Timestamp(text) {
            try hold(Timestamp(time.description) == time, "\(text) is \(time), which is another time")
            try hold(time.description.utf8.count == 27, "\(time) is not of the usual length")
        }
        if let date = HTTPDate.read(text) {
            try hold(RetryAfter.read(text) != nil, "\(date) is no time to wait for")
        }
        guard let wait = RetryAfter.read(text) else { return }
        try hold(wait >= .zero && wait <= .seconds(86_400), "\(wait) to wait")
    }

    static func checkNames(_ text: String) throws {
        if let id = ID<WorkTask>(text) {
            try hold(id.rawValue.isSpelt(as: text) && text.utf8.count == 31, "an id is another")
            let written = text.dropFirst(5)
            let next = ULID.successor(of: written)
            try hold(ULID.isValid(Substring(next).utf8) || written.first == "7", "nothing comes after \(text)")
            try hold(
                next > written || written.utf8.allSatisfy { $0 == UInt8(ascii: "Z") }
                    || next.utf8.first == UInt8(ascii: "8"), "\(next) is not after \(text)")
        }
        if let principal = Principal(text) { try hold(principal.text.isSpelt(as: text), "a principal is another") }
        if let use = LimitUse(text) { try hold(use.text.isSpelt(as: text), "a limit is another") }
        for pattern in [TextPattern.text, .name, .traceID, .token, .cursor, .identifier(prefix: "task")] {
            guard let compiled = HeaderTarget.compiled[pattern.source] else {
                throw BrokenPromise("\(pattern.source) is no pattern")
            }
            try same(pattern.matches(text), compiled.matches(text), "\(pattern.source) as documented and as done")
        }
    }

    private static let compiled: [String: Pattern] = {
        let patterns = [TextPattern.text, .name, .traceID, .token, .cursor, .identifier(prefix: "task")]
        return Dictionary(
            uniqueKeysWithValues: patterns.compactMap { rule in
                (try? Pattern(rule.source)).map { (rule.source, $0) }
            })
    }()

    static func checkAddresses(_ text: String) throws {
        let direct = ClientAddress(trustedProxies: ["10.0.0.1"])
        try same(direct.of(peer: "192.0.2.7", forwardedFor: text), "192.0.2.7", "an address that a stranger claims")
        _ = direct.of(peer: "10.0.0.1", forwardedFor: text)
        _ = direct.of(peer: text, forwardedFor: nil)
        let policy = OriginPolicy(allowedOrigins: ["https://ops.example.org"], boundHost: "127.0.0.1")
        if policy.allows(origin: text, host: "localhost:8080") {
            let lower = text.lowercased()
            try hold(
                lower.hasPrefix("http://localhost:8080") || lower.hasPrefix("https://localhost:8080")
                    || lower.hasPrefix("https://ops.example.org"), "a page of \(text) is let in")
        }
    }

    static func checkEncodings(_ text: String) throws {
        if let bytes = Hex.bytes(text) { try same(Hex.text(bytes), text.lowercased(), "hexadecimal digits") }
        if let tokens = JSONPointer.tokens(text) {
            let again = tokens.map { "/" + JSONPointer.escape($0) }.joined()
            try hold(again.isSpelt(as: text), "a pointer is written in another way")
        }
    }
}
