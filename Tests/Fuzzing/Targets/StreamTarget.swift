// SPDX-License-Identifier: Apache-2.0

import API
import Common

extension FuzzTarget {
    /// What comes over connections that stay open, beside WebSocket frames: server-sent events, requests of live clients,
    /// and problems that other servers answer with.
    static let streams = FuzzTarget("streams") { bytes in
        try StreamTarget.checkEvents(bytes)
        try StreamTarget.checkRequest(String(decoding: bytes, as: UTF8.self))
        try StreamTarget.checkProblem(bytes)
    }
}

private enum StreamTarget {
    private struct Reading: Equatable {
        var events: [ServerSentEvent] = []
        var lastID = ""
        var retry: Duration?
        var isTooLong = false
    }

    static func checkEvents(_ bytes: [UInt8]) throws {
        let whole = read([bytes[...]])
        try hold(read(pieces(of: bytes)) == whole, "the events depend on where the stream is cut")
        try hold(read(bytes.map { [$0] }) == whole, "the events depend on the stream coming byte for byte")
        for event in whole.events {
            try hold(!event.event.isEmpty, "an event has no name")
            try hold(!event.id.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }, "an id has a line break")
            try hold(event.data.utf8.count <= 3 * 256, "an event is larger than its bound")
        }
    }

    private static func read(_ chunks: [ArraySlice<UInt8>]) -> Reading {
        var parser = ServerSentEvents(limit: 256)
        var reading = Reading()
        for chunk in chunks {
            do {
                reading.events += try parser.feed(chunk)
            } catch {
                // What the last piece held before it became too long is lost with it, so only that it did is the same.
                reading.events = []
                reading.isTooLong = true
                return reading
            }
        }
        reading.lastID = parser.lastEventID
        reading.retry = parser.retry
        return reading
    }

    static func checkRequest(_ text: String) throws {
        let request: LiveRequest
        do throws(LiveRefusal) {
            request = try LiveRequest(text)
        } catch {
            try hold(!error.message.isEmpty && error.fields.count <= 50, "a request is refused without a good word")
            return try hold((error.id?.utf8.count ?? 0) <= 64, "a refusal repeats an id that is none")
        }
        switch request {
        case .subscribe(let request):
            try hold((1...64).contains(request.id.utf8.count), "a subscription has no name to tell it by")
            try hold(!request.channels.isEmpty, "a subscription is about nothing")
            let cursor = try JSONValue.parse(request.cursor.json)
            var refusals = Refusals()
            let again = Shape<LiveCursor>.object().read(cursor, "", &refusals)
            try hold(again == request.cursor, "a cursor is not read as it is written")
        case .unsubscribe(let id): try hold((1...64).contains(id.utf8.count), "nothing is unsubscribed")
        case .ping(let nonce): try hold(nonce.map { $0.unicodeScalars.count <= 128 } ?? true, "a nonce is too long")
        }
    }

    static func checkProblem(_ bytes: [UInt8]) throws {
        guard let problem = Problem(json: bytes, status: 409) else { return }
        try hold(problem.kind == .conflict, "a problem is of another kind than its status")
    }
}
