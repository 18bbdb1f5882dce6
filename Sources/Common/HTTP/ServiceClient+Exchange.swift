// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// An exchange that brought no whole answer.
package struct HTTPExchangeFailure: Error, Sendable, CustomStringConvertible {
    package let error: HTTPCallError
    /// Whether the far side may have seen the request. False only when there was no connection to send it on: then nothing
    /// has happened, and even a call that must not happen twice can be sent again.
    package let mayHaveArrived: Bool

    package init(_ error: HTTPCallError, mayHaveArrived: Bool) {
        self.error = error
        self.mayHaveArrived = mayHaveArrived
    }

    package var description: String { error.description }
}

extension ServiceClient {
    /// Sends `call` exactly once and reads the whole answer with its headers, whatever its status; redirects are answers, too.
    ///
    /// For a caller with rules of its own about what is said again and when. Throws `HTTPExchangeFailure`, and
    /// `CancellationError` when the task is cancelled, which closes the call's connection.
    package func exchange(_ call: HTTPCall) async throws -> HTTPAnswer {
        let request = makeRequest(call)
        let limit = call.deadline ?? limits.deadline
        let late = HTTPExchangeFailure(.timeout("no answer within \(limit)"), mayHaveArrived: true)
        return try await withDeadline(limit, throwing: late) {
            let response: HTTPClientResponse
            do {
                response = try await HTTPTransport.shared.execute(request, deadline: .now() + TimeAmount(limit))
            } catch {
                guard let failure = HTTPTransport.translate(error) as? HTTPCallError else { throw CancellationError() }
                throw HTTPExchangeFailure(failure, mayHaveArrived: HTTPTransport.mayHaveArrived(error))
            }
            do {
                let body = try await collect(response)
                return HTTPAnswer(
                    status: Int(response.status.code), headers: response.headers.fields, body: body)
            } catch let failure as HTTPCallError {
                throw HTTPExchangeFailure(failure, mayHaveArrived: true)
            }
        }
    }
}
