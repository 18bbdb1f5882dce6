// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import HummingbirdCore
import Logging

/// One line for each request, written without the detour over metadata dictionaries. It holds the route's template,
/// never the path or the query string, in which people put credentials.
final class RequestLog: Sendable {
    private let service: String
    private let level: Logger.Level
    private let sink: LogSink

    init(service: String, level: Logger.Level, sink: LogSink) {
        self.service = service
        self.level = level
        self.sink = sink
    }

    /// - Parameter isProbe: Whether the line is only worth writing at `debug`.
    func write(
        method: String, route: String, status: Int, duration: Duration, trace: TraceContext, caller: Caller? = nil,
        received: Int = 0, sent: Int = 0, isProbe: Bool = false
    ) {
        let level: Logger.Level = status == 500 ? .error : status > 500 ? .warning : isProbe ? .debug : .info
        guard level >= self.level else { return }
        var line = LogLine(level: level.rawValue, service: service, message: "request")
        line.add(trace)
        line.writer.name("method")
        line.writer.write(method)
        line.writer.name("route")
        line.writer.write(route)
        line.writer.name("status")
        line.writer.write(status)
        line.writer.name("duration_us")
        let (seconds, attoseconds) = duration.components
        line.writer.write(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        if let caller {
            line.writer.name("principal")
            line.writer.write(caller.principal.text)
        }
        line.writer.name("bytes_in")
        line.writer.write(received)
        line.writer.name("bytes_out")
        line.writer.write(sent)
        // Ids that clients choose could hold anything; everything else here is ours.
        sink.write(line.finish(), isClean: trace.requestID == trace.spanID && trace.correlationID == nil)
    }
}
