// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Render
import Synchronization

/// Answers as a test says, without a network, and remembers what it was sent.
final class ScriptedTransport: RenderTransport {
    private let script: @Sendable (Int, HTTPCall) async throws -> HTTPAnswer
    private let log = Mutex<[HTTPCall]>([])

    /// `script` is asked once per call with its number, from 0.
    init(_ script: @escaping @Sendable (Int, HTTPCall) async throws -> HTTPAnswer) { self.script = script }

    /// Gives these answers one after the other, the last one for ever.
    convenience init(_ answers: HTTPAnswer...) {
        self.init { number, _ in answers[min(number, answers.count - 1)] }
    }

    var calls: [HTTPCall] { log.withLock { $0 } }

    func send(_ call: HTTPCall) async throws -> HTTPAnswer {
        let number = log.withLock { calls in
            calls.append(call)
            return calls.count - 1
        }
        return try await script(number, call)
    }
}

extension HTTPAnswer {
    /// An answer with a JSON body.
    static func json(_ status: Int, _ body: JSONValue, _ headers: HTTPFields = [:]) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: headers, body: body.bytes)
    }

    static func text(_ status: Int, _ body: String, _ headers: HTTPFields = [:]) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))
    }
}

extension HTTPCall {
    /// The value of one item of the query.
    subscript(query name: String) -> String? { query.first { $0.name == name }?.value }

    var json: JSONValue { body.flatMap { try? JSONValue.parse($0) } ?? .null }
}

/// A key that looks like one of Render's.
let testToken = Secret("rnd_0Test0Token0Value")

/// A client without a network and without waiting.
func makeClient(
    _ transport: ScriptedTransport, clock: TestClock = TestClock(jumping: true),
    paces: RenderPaces.Limits = RenderPaces.Limits(), limits: RenderClient.Limits = RenderClient.Limits()
) -> RenderClient {
    RenderClient(
        transport: transport, token: testToken,
        paces: RenderPaces(limits: paces, clock: clock, wall: { testWall + clock.now.offset }), limits: limits)
}

/// The time of day when a test's clock starts.
let testWall = Timestamp(microseconds: 1_790_000_000_000_000)

/// The error that `body` ends in, when it is one of ours.
func failure(of body: () async throws -> some Any) async -> RenderError? {
    do {
        _ = try await body()
    } catch {
        return error as? RenderError
    }
    return nil
}

/// A service as the API tells it, with the least that it always has.
func service(_ name: String, id: String = "srv-1", createdAt: String = "2026-10-01T10:00:00Z") -> JSONValue {
    [
        "id": .string(id), "name": .string(name), "ownerId": "tea-1", "type": "web_service", "slug": .string(name),
        "suspended": "not_suspended", "createdAt": .string(createdAt), "updatedAt": .string(createdAt),
        "serviceDetails": ["plan": "starter", "region": "oregon", "runtime": "node"],
    ]
}
