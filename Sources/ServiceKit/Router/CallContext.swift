// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
package import HTTPTypes
package import Logging
import NIOCore

/// What a handler may know of the request besides its input.
package struct CallContext: Sendable {
    package let endpoint: AnyEndpoint
    /// Who asks; for a public endpoint `user:anonymous`, whatever credentials came along.
    package let caller: Caller
    /// Also `TraceContext.current`, so that loggers and clients need not be handed it.
    package let trace: TraceContext
    package let headers: HTTPFields
    /// When the answer will be given up; nil for streams and for endpoints that keep a deadline of their own.
    package let deadline: ContinuousClock.Instant?
    package let logger: Logger
    let addresses: ClientAddress
    let disconnect: Disconnect?
    let channel: any Channel

    /// Where the request comes from; behind a trusted proxy, what that says.
    package var clientAddress: String {
        addresses.of(peer: channel.remoteAddress?.ipAddress, forwardedFor: headers[.forwardedFor])
    }
}

/// An answer whose status or headers are not the usual ones of its endpoint; both must be declared there.
package struct Reply<Output: EndpointOutput>: Sendable {
    package var value: Output
    /// The endpoint's first success status when nil.
    package var status: Int?
    package var headers: [(name: HTTPField.Name, value: String)]

    package init(_ value: Output, status: Int? = nil, headers: [(name: HTTPField.Name, value: String)] = []) {
        self.value = value
        self.status = status
        self.headers = headers
    }
}
