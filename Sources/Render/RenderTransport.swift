// SPDX-License-Identifier: Apache-2.0

package import Common

/// What carries calls to Render: the real one goes over the network.
package protocol RenderTransport: Sendable {
    /// Sends `call` once and gives the whole answer whatever its status; throws `HTTPExchangeFailure` when there is none, and
    /// `CancellationError`.
    func send(_ call: HTTPCall) async throws -> HTTPAnswer
}

/// Over pooled connections, without redirects, with a deadline for each call and a bound on the answer.
struct RenderNetwork: RenderTransport {
    let client: ServiceClient

    init(baseURL: BaseURL, token: Secret<String>, deadline: Duration) {
        client = ServiceClient(
            peer: "Render", baseURL: baseURL, credential: .bearer(token),
            limits: .init(deadline: deadline, answerBytes: 16 * 1024 * 1024, retries: .never))
    }

    func send(_ call: HTTPCall) async throws -> HTTPAnswer {
        // Our trace is of no use to Render, and our ids are none of its business.
        try await TraceContext.$current.withValue(nil) { try await client.exchange(call) }
    }
}
