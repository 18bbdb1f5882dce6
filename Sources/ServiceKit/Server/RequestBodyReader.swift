// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Reads a request's body once, whole, up to a limit; what is too much is read and dropped so far as it is bearable,
/// because a client that is still sending does not see an answer.
final class RequestBodyReader: Sendable {
    private let body: RequestBody
    private let declaredLength: Int?
    private let isExpected: Bool
    /// Whether the client waits for leave before it sends.
    let awaitsContinue: Bool
    private let isStarted = Atomic<Bool>(false)
    private let count = Atomic<Int>(0)
    private let cut = Atomic<Bool>(false)
    /// How much is dropped for the sake of an answer.
    private static let bearable = 16_777_216

    init(_ request: Request) {
        body = request.body
        declaredLength = request.headers[.contentLength].flatMap { Int($0) }
        isExpected = request.headers[.transferEncoding] != nil || (declaredLength ?? 0) > 0
        awaitsContinue = request.headers[.expect]?.lowercased() == "100-continue"
    }

    /// Bytes that came.
    var received: Int { count.load(ordering: .relaxed) }

    /// Whether the client waits for leave before it sends a body that we would read.
    func wantsContinue(limit: Int) -> Bool { awaitsContinue && (declaredLength ?? 0) <= limit }

    /// The whole body; empty when there is none.
    func read(limit: Int) async throws -> [UInt8] {
        guard isExpected else { return [] }
        let tooLarge = Problem(.tooLarge, "The body may have at most \(limit) bytes.")
        if let declaredLength, declaredLength > limit, awaitsContinue || declaredLength > Self.bearable {
            cut.store(true, ordering: .relaxed)
            throw tooLarge
        }
        isStarted.store(true, ordering: .relaxed)
        do {
            return try await readAll(limit: limit, orThrow: tooLarge)
        } catch let problem as Problem {
            throw problem
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Nobody may be there to read this; it is no failure of ours all the same.
            throw Problem(.invalid, "The request ended before its body did.", code: "body_incomplete", cause: error)
        }
    }

    private func readAll(limit: Int, orThrow tooLarge: Problem) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var total = 0
        for try await buffer in body {
            total += buffer.readableBytes
            count.store(total, ordering: .relaxed)
            if total <= limit {
                bytes.append(contentsOf: buffer.readableBytesView)
            } else if total > Self.bearable {
                cut.store(true, ordering: .relaxed)
                throw tooLarge
            }
        }
        try Task.checkCancellation()
        guard total <= limit else { throw tooLarge }
        return bytes
    }

    /// Drops what nobody has read, so that the connection can be used again; throws when it should be cut instead.
    func discardRest() async throws {
        struct TooMuch: Error {}
        if cut.load(ordering: .relaxed) { throw TooMuch() }
        guard isExpected, !isStarted.load(ordering: .relaxed) else { return }
        if awaitsContinue || (declaredLength ?? 0) > Self.bearable { throw TooMuch() }
        var total = 0
        for try await buffer in body {
            total += buffer.readableBytes
            if total > Self.bearable { throw TooMuch() }
        }
    }
}

extension HTTPField.Name {
    static let expect = constantName("Expect")
    static let transferEncoding = constantName("Transfer-Encoding")
}
