// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The process's one pool of connections, living as long as the process.
enum HTTPTransport {
    static let shared = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            // A redirect would carry credentials to wherever an answer points.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5)),
            // Shorter than servers keep idle connections, so that a call rarely meets one that is just being closed.
            connectionPool: .init(idleTimeout: .seconds(20), concurrentHTTP1ConnectionsPerHostSoftLimit: 256))
        // The client's own policy decides about another try, within the call's deadline and budget.
        configuration.connectionPool.retryConnectionEstablishment = false
        // With HTTP/1 a cancelled call closes its connection, which is how an agent learns of it.
        configuration.httpVersion = .http1Only
        return configuration
    }

    /// A transport failure in our words, free of URLs and headers. Cancellation stays what it is.
    static func translate(_ error: any Error) -> any Error {
        switch error {
        case is HTTPCallError, is CancellationError: error
        case let error as HTTPClientError: translate(error)
        case let error as IOError: HTTPCallError.connection(reason(errno: error.errnoCode))
        case let error as NIOConnectionError: translate(error)
        case let error as ChannelError:
            if case .connectTimeout = error {
                HTTPCallError.connection("no connection in time")
            } else {
                HTTPCallError.connection("lost")
            }
        case HTTPParserError.invalidEOFState: HTTPCallError.connection("closed by the far side")
        case is HTTPParserError: HTTPCallError.malformed("the answer is not HTTP")
        default: HTTPCallError.connection(String(describing: type(of: error)))
        }
    }

    /// Whether the far side may have seen the request that failed so; false only when there was no connection to send it on.
    static func mayHaveArrived(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: false
        case let error as HTTPClientError: !unsent.contains(error)
        case let error as IOError: error.errnoCode != ECONNREFUSED
        case ChannelError.connectTimeout: false
        default: true
        }
    }

    private static let unsent: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .invalidURL, .emptyHost, .emptyScheme,
    ]

    private static func translate(_ error: HTTPClientError) -> any Error {
        switch error {
        case .cancelled, .requestStreamCancelled:
            Task.isCancelled ? CancellationError() : HTTPCallError.connection("lost")
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            HTTPCallError.timeout("no answer")
        case .connectTimeout, .tlsHandshakeTimeout: HTTPCallError.connection("no connection in time")
        case .remoteConnectionClosed, .uncleanShutdown: HTTPCallError.connection("closed by the far side")
        case .invalidURL, .emptyHost, .emptyScheme: HTTPCallError.malformed("the URL cannot be called")
        default: HTTPCallError.malformed(error.shortDescription)
        }
    }

    private static func translate(_ error: NIOConnectionError) -> any Error {
        if let failure = error.connectionErrors.first { return translate(failure.error) }
        return HTTPCallError.connection("the host's name cannot be resolved")
    }

    private static func reason(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "refused"
        case ECONNRESET, EPIPE: "reset by the far side"
        case EHOSTUNREACH, ENETUNREACH: "no route to the host"
        case ETIMEDOUT: "no connection in time"
        default: "system error \(code)"
        }
    }
}
