// SPDX-License-Identifier: Apache-2.0

import Common
package import Logging

/// Writes each log event as one line of JSON: time, level, service, message, the ids of the current request, metadata.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let service: String
    private let sink: LogSink

    package init(label: String, service: String, level: Logger.Level, sink: LogSink) {
        self.label = label
        self.service = service
        self.sink = sink
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        var line = LogLine(level: event.level.rawValue, service: service, message: event.message.description)
        line.add(TraceContext.current, overriddenBy: { all[$0] != nil })
        line.writer.name("logger")
        line.writer.write(label)
        if let error = event.error {
            line.writer.name("error")
            line.writer.beginArray()
            for link in errorChain(error) { line.writer.write(link) }
            line.writer.endArray()
        }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) where !LogLine.reserved.contains(name) {
            line.writer.name(name)
            line.writer.write(value.json)
        }
        sink.write(line.finish())
    }
}

/// One line of the log, as it is being written.
struct LogLine {
    static let reserved: Set = ["time", "level", "service", "message", "logger", "error"]

    var writer = JSONWriter(reserving: 320)

    init(level: String, service: String, message: String) {
        writer.beginObject()
        writer.name("time")
        writer.write(Timestamp.now())
        writer.name("level")
        writer.write(level)
        writer.name("service")
        writer.write(service)
        writer.name("message")
        writer.write(message)
    }

    mutating func add(_ trace: TraceContext?, overriddenBy isOverridden: (String) -> Bool = { _ in false }) {
        guard let trace else { return }
        if !isOverridden("trace_id") {
            writer.name("trace_id")
            writer.write(trace.traceID)
        }
        if let correlationID = trace.correlationID, !isOverridden("correlation_id") {
            writer.name("correlation_id")
            writer.write(correlationID)
        }
        if let requestID = trace.requestID, !isOverridden("request_id") {
            writer.name("request_id")
            writer.write(requestID)
        }
    }

    consuming func finish() -> [UInt8] {
        writer.endObject()
        return writer.bytes
    }
}
