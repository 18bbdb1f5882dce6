// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation
package import Logging

/// The logging of a process: JSON lines on standard error and, when logging-svc is configured, frames to it.
package struct LoggingSetup: Sendable {
    package let level: Logger.Level
    package let redactor: Redactor
    package let sink: LogSink
    /// A service to list first, so that it stops last; nil without `LOGGING_SVC_URL`, and in logging-svc itself.
    package let client: LogClient?
    private let service: String

    package init(_ configuration: Configuration) {
        service = configuration.service
        level = Logger.Level(rawValue: configuration.string("LOG_LEVEL")) ?? .info
        let secrets = configuration.report.rows.filter(\.secret).compactMap { configuration.optionalSecret($0.key) }
        redactor = Redactor(secrets + secrets.compactMap(Self.password) + People.passwords(in: configuration))
        sink = .standardError(redacting: redactor)
        client = Self.client(configuration, redactor)
    }

    /// Makes it the logging of the process; to be called once, before the first logger is made.
    package func bootstrap() {
        let (service, level, sink, client) = (service, level, sink, client)
        LoggingSystem.bootstrap { label in
            let lines = JSONLogHandler(label: label, service: service, level: level, sink: sink)
            guard let client else { return lines }
            return MultiplexLogHandler([
                lines, LogClientHandler(label: label, service: service, client: client, logLevel: level),
            ])
        }
    }

    package func addMetrics(to metrics: Metrics) {
        guard let client else { return }
        metrics.counter("log_frames_sent_total", "Log frames that logging-svc took.") { client.counters.sent }
        metrics.counter("log_frames_dropped_total", "Log frames given up.") { client.counters.dropped }
        metrics.counter("log_batches_failed_total", "Sendings that failed.") { client.counters.failures }
        metrics.gauge("log_frames_queued", "Log frames waiting to be sent.") { Double(client.counters.queued) }
    }

    private static func client(_ configuration: Configuration, _ redactor: Redactor) -> LogClient? {
        guard configuration.service != "logging-svc", let text = configuration.optionalString("LOGGING_SVC_URL"),
            let url = try? BaseURL(text)
        else { return nil }
        let key = configuration.secret("INTERNAL_KEY")
        return LogClient(
            service: configuration.service,
            client: ServiceClient(
                peer: "logging-svc", baseURL: url,
                credential: .internalKey(key, service: configuration.service)),
            redactor: redactor)
    }

    /// The password in the address of a database, which would else only be hidden together with the whole address.
    private static func password(_ secret: Secret<String>) -> Secret<String>? {
        let text = secret.reveal()
        guard let scheme = text.range(of: "://"), let at = text[scheme.upperBound...].lastIndex(of: "@"),
            let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
        else { return nil }
        return Secret(String(text[text.index(after: colon)..<at]))
    }
}
