// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import HTTPTypes
import NIOCore
import NIOHTTP1
import Synchronization

/// The body of an answer as it arrives, in chunks of no particular size. To be read once, inside `ServiceClient.withStream`.
package struct HTTPStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    package let status: Int
    package let headers: HTTPFields
    private let response: HTTPClientResponse
    private let silence: SilenceWatch

    init(response: HTTPClientResponse, silence: SilenceWatch) {
        status = Int(response.status.code)
        headers = response.headers.fields
        self.response = response
        self.silence = silence
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(chunks: response.body.makeAsyncIterator(), silence: silence)
    }

    /// Throws `HTTPCallError` when the connection is lost before the body's end, and `CancellationError`.
    package struct Iterator: AsyncIteratorProtocol {
        private var chunks: HTTPClientResponse.Body.AsyncIterator
        private let silence: SilenceWatch

        init(chunks: HTTPClientResponse.Body.AsyncIterator, silence: SilenceWatch) {
            self.chunks = chunks
            self.silence = silence
        }

        @concurrent package mutating func next() async throws -> [UInt8]? {
            silence.begin()
            defer { silence.end() }
            do {
                guard let chunk = try await chunks.next() else {
                    try Task.checkCancellation()
                    return nil
                }
                return Array(chunk.readableBytesView)
            } catch {
                throw HTTPTransport.translate(error)
            }
        }
    }
}

/// Measures how long a reader has been waiting for its peer; the reader's own work between two chunks does not count.
final class SilenceWatch: Sendable {
    private let waitingSince = Mutex<ContinuousClock.Instant?>(nil)

    func begin() { waitingSince.withLock { $0 = .now } }

    func end() { waitingSince.withLock { $0 = nil } }

    /// Returns once the reader has waited for `limit` without a break.
    func waitFor(_ limit: Duration) async throws {
        while true {
            let waited = waitingSince.withLock { since in since.map { ContinuousClock.now - $0 } } ?? .zero
            guard waited < limit else { return }
            try await Task.sleep(for: limit - waited)
        }
    }
}
