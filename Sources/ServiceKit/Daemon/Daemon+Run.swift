// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

extension Daemon {
    /// Runs a daemon until it is told to stop, and ends the process.
    ///
    /// Exit codes: 0 after SIGTERM or SIGINT and a complete drain; 128 and the signal's number when it comes before anything
    /// is served; 78 for a configuration that cannot be used, told on standard error before anything listens; 1 for
    /// everything else, told in one log line.
    ///
    /// - Parameters:
    ///   - summary: What the daemon is, for its OpenAPI document.
    ///   - catalogue: Its endpoints beside those that every daemon has.
    ///   - wire: Answers the endpoints and adds services, in the order in which they depend on each other.
    package static func run(
        _ name: String, summary: String, catalogue: [AnyEndpoint], _ wire: (inout Daemon) async throws -> Void
    ) async -> Never {
        endWhenSignalled()
        let configuration = configurationOrExit(name)
        let logging = LoggingSetup(configuration)
        logging.bootstrap()
        let logger = Logger(label: name)
        let watch = ShutdownWatch(grace: configuration.seconds("SHUTDOWN_GRACE_SECONDS"), logger: logger)
        do {
            var daemon = try Daemon(
                configuration, summary: summary, catalogue: catalogue, logger: logger, sink: logging.sink,
                redactor: logging.redactor)
            daemon.metrics.addProcess()
            daemon.metrics.addHeap()
            logging.addMetrics(to: daemon.metrics)
            if let client = logging.client { daemon.droppedLogFrames = { client.counters.dropped } }
            try await wire(&daemon)
            let server = try daemon.makeServer(portFile: ProcessInfo.processInfo.environment["PORT_FILE"])
            // Listed first is stopped last: what the others log while they stop still goes out.
            let services = [logging.client].compactMap(\.self) + daemon.services
            let group = ServiceGroup(configuration: daemon.groupConfiguration(services, server, watch))
            try await group.run()
        } catch {
            if watch.hasBegun, error is CancellationError {
                logger.error("Requests were cut off, because they did not finish within SHUTDOWN_GRACE_SECONDS.")
            } else {
                logger.critical("The daemon stops because of an error.", error: error)
            }
            end(1)
        }
        logger.info("stopped")
        end(0)
    }

    /// Until the services run and hear of signals, one ends the process at once, also while it waits for its database. It would
    /// without a handler, too, but not in a container, whose first process gets no signal that it does not handle.
    private static func endWhenSignalled() {
        for number in [SIGTERM, SIGINT] { signal(number) { _exit(128 + $0) } }
    }

    /// Ends the process at once. `exit` would destroy globals of libraries under threads that still run, and now and then
    /// turn an orderly end into a crash.
    package static func end(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    /// The configuration from the environment; when it cannot be used, says all that is wrong with it and ends the
    /// process with exit code 78.
    package static func configurationOrExit(_ name: String) -> Configuration {
        do {
            let configuration = try ensureConfig(name, environment: ProcessInfo.processInfo.environment)
            // What no schema can say: two people of one name.
            _ = try People(configuration)
            return configuration
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            end(ConfigError.exitCode)
        }
    }

    private func groupConfiguration(
        _ services: [any Service], _ server: HTTPServer, _ watch: ShutdownWatch
    ) -> ServiceGroupConfiguration {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var configuration = ServiceGroupConfiguration(
            services: (services + [server, watch]).map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        configuration.maximumGracefulShutdownDuration = settings.shutdownGrace
        return configuration
    }
}

/// The last resort: ends the process when stopping takes much longer than it may, whatever hangs.
///
/// It is the last service of the group, and so the first to hear that the daemon stops.
final class ShutdownWatch: Service {
    private let grace: Duration
    private let logger: Logger
    private let begun = Atomic<Bool>(false)
    /// What cancelled services get to clean up with.
    private static let margin = Duration.seconds(5)

    init(grace: Duration, logger: Logger) {
        self.grace = grace
        self.logger = logger
    }

    var hasBegun: Bool { begun.load(ordering: .relaxed) }

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled, because another service failed; that is told elsewhere.
            return
        }
        begun.store(true, ordering: .relaxed)
        logger.info("stopping")
        let (patience, logger) = (grace + Self.margin, logger)
        // A thread, because it must go off even when no task gets a turn any more.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: patience.seconds)
            logger.critical("The daemon did not stop in time and is ended.")
            Daemon.end(1)
        }
    }
}
