// SPDX-License-Identifier: Apache-2.0

package import Logging

/// Feeds swift-log into a `LogClient`; to be combined with the handler that writes standard error.
///
/// The client and its transport log nothing themselves, so frames never breed frames. `trace_id` and `correlation_id` of the
/// metadata, or else of `TraceContext.current`, become the frame's own; the rest of the metadata are its fields.
package struct LogClientHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let service: String
    private let client: LogClient

    package init(label: String, service: String, client: LogClient, logLevel: Logger.Level) {
        self.label = label
        self.service = service
        self.client = client
        self.logLevel = logLevel
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        let trace = TraceContext.current
        let traceID = all.removeValue(forKey: "trace_id").map(\.description) ?? trace?.traceID
        let correlationID = all.removeValue(forKey: "correlation_id").map(\.description) ?? trace?.correlationID
        var fields = JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
        fields["logger"] = .string(label)
        if let error = event.error { fields["error"] = .array(errorChain(error).map { .string($0) }) }
        client.log(
            LogClient.Frame(
                level: event.level.rawValue, service: service, message: event.message.description, traceID: traceID,
                correlationID: correlationID, fields: fields))
    }
}

extension Logger.MetadataValue {
    /// The value as JSON, with its structure.
    package var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string(value.description)
        case .array(let values): .array(values.map(\.json))
        case .dictionary(let values):
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
        }
    }
}
