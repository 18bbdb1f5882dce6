// SPDX-License-Identifier: Apache-2.0

package import API
package import Common

/// A call of an operation by somebody who is known, and what became of it: for whoever keeps a record of calls.
package struct AnsweredCall: Sendable {
    package let endpoint: AnyEndpoint
    /// The values in the path, as they came: they fit their shapes only when the call did.
    package let path: [(name: String, value: String)]
    package let caller: Caller
    package let status: Int
    /// What the problem calls itself, such as `permission_missing`; nil when there was none.
    package let code: String?
    /// From the request's head to its answer.
    package let duration: Duration

    /// Nil when nobody knows who called, or what.
    init?(_ exchange: Exchange) {
        guard let route = exchange.route, let caller = exchange.caller else { return nil }
        endpoint = route.endpoint
        path = zip(route.endpoint.path.parameters, exchange.pathValues).compactMap { name, value in
            URLText.decode(value).map { (name, $0) }
        }
        self.caller = caller
        status = exchange.status
        code = exchange.problemCode
        duration = exchange.start.duration(to: .now)
    }
}
