// SPDX-License-Identifier: Apache-2.0

extension LogClient {
    /// One debug record on its way to logging-svc.
    package struct Frame: Sendable {
        package let time: Timestamp
        /// One of swift-log's levels by name, such as `info`.
        package let level: String
        package let service: String
        package let message: String
        package let traceID: String?
        package let correlationID: String?
        package let fields: JSONObject
        /// About how much memory and wire the frame takes.
        let approximateBytes: Int

        package init(
            time: Timestamp = .now(), level: String, service: String, message: String, traceID: String? = nil,
            correlationID: String? = nil, fields: JSONObject = [:]
        ) {
            self.time = time
            self.level = level
            self.service = service
            self.traceID = traceID
            self.correlationID = correlationID.map { String($0.prefix(256)) }
            let isLong = message.utf8.count > Self.longestMessage
            self.message = isLong ? Self.cut(message) : message
            let size = Self.size(of: .object(fields))
            self.fields = size > Self.largestFields ? ["fields_left_out_bytes": JSONValue(size)] : fields
            approximateBytes = 160 + self.message.utf8.count + min(size, Self.largestFields)
        }

        // One frame must leave room for others in a batch, and a batch must fit the request limit of logging-svc (1 MiB).
        private static let longestMessage = 16 * 1024
        private static let largestFields = 32 * 1024

        private static func cut(_ message: String) -> String {
            String(decoding: message.utf8.prefix(longestMessage), as: UTF8.self) + " … (cut)"
        }

        /// The written size of `value`, give or take escapes.
        private static func size(of value: JSONValue) -> Int {
            switch value {
            case .null, .bool: 5
            case .number(let number): number.text.utf8.count + 1
            case .string(let text): text.utf8.count + 3
            case .array(let elements): elements.reduce(2) { $0 + size(of: $1) }
            case .object(let object): object.members.reduce(2) { $0 + $1.name.utf8.count + 4 + size(of: $1.value) }
            }
        }

        /// The frame as one line of NDJSON without secrets.
        func line(redactor: Redactor) -> [UInt8] {
            var writer = JSONWriter(reserving: approximateBytes)
            writer.beginObject()
            writer.name("time")
            writer.write(time)
            writer.name("level")
            writer.write(level)
            writer.name("service")
            writer.write(service)
            writer.name("message")
            writer.write(redactor.redact(message))
            if let traceID {
                writer.name("traceId")
                writer.write(traceID)
            }
            if let correlationID {
                writer.name("correlationId")
                writer.write(redactor.redact(correlationID))
            }
            if !fields.isEmpty {
                writer.name("fields")
                writer.write(redactor.redact(fields))
            }
            writer.endObject()
            return writer.bytes
        }
    }
}
