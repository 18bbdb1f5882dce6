// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Foundation
package import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The listening part of a daemon. On graceful shutdown it takes no new connections, closes idle ones, and lets
/// requests that are under way finish.
package final class HTTPServer: Service {
    /// What makes the pipeline of a connection, such as a WebSocket server's, in the place of plain HTTP/1.
    package typealias Builder = HTTPServerBuilder

    private let handler: RequestHandler
    private let settings: ServerSettings
    private let logger: Logger
    private let builder: Builder
    private let portFile: String?
    private let listening: ListeningPort
    /// More connections than this wait in the kernel's queue.
    private static let connectionLimit = 10_000

    init(
        handler: RequestHandler, settings: ServerSettings, builder: Builder?, logger: Logger,
        portFile: String?, listening: ListeningPort
    ) {
        self.handler = handler
        self.settings = settings
        self.logger = logger
        self.portFile = portFile
        self.listening = listening
        self.builder =
            builder
            ?? Builder { responder in
                PlainHTTPChannel(http1: HTTP1Channel(responder: responder, configuration: Self.connection))
            }
    }

    /// An idle connection, also one that stalls within a request, is closed after a minute; headers have bounds.
    private static var connection: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 65_536, maxHeaderListSize: 131_072, maxHeaderFieldCount: 128))
    }

    /// The port that is listened on; nil before that.
    package var port: Int? { listening.value }

    /// Serves until graceful shutdown; throws when the address cannot be listened on.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let handler = handler
        let server = try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(settings.host, port: settings.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionLimit, logger: quiet)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
            responder: { request, writer, channel in try await handler.serve(request, writer, channel) },
            onServerRunning: { [self] channel in announce(channel.localAddress?.port ?? settings.port) })
        let result: Result<Void, any Error>
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                handler.beginDraining()
            }
            result = .success(())
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            result = .failure(AddressInUse(host: settings.host, port: settings.port))
        } catch {
            result = .failure(error)
        }
        await handler.endStreams()
        try result.get()
    }

    private func announce(_ port: Int) {
        listening.set(port)
        logger.info("listening", metadata: ["host": .string(settings.host), "port": .stringConvertible(port)])
        guard let portFile else { return }
        // Written beside and renamed, so that whoever waits for the file never reads half of it.
        do {
            try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: portFile), options: .atomic)
        } catch {
            logger.error("The port could not be written to PORT_FILE.", error: error)
        }
    }
}

/// Another process listens on our address.
package struct AddressInUse: Error, CustomStringConvertible {
    let host: String
    let port: Int

    package var description: String {
        "\(host):\(port) is in use by another process. Stop it, or set PORT to another one."
    }
}
