// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
package import Postgres

extension ID: PostgresRepresentable {
    package var postgresForm: String { rawValue }
    package init?(postgresForm: String) { self.init(trusted: postgresForm) }
}

extension Timestamp: PostgresEncodable, PostgresEncodableElement {
    /// 2000-01-01, from which the server counts, in microseconds since 1970.
    private static let serverEpoch: Int64 = 946_684_800_000_000

    package static var postgresType: PostgresType { .timestamptz }
    package func encode(into buffer: inout PostgresBuffer) { buffer.append(microseconds - Self.serverEpoch) }
}

extension Timestamp: PostgresDecodable {
    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Timestamp {
        guard type == PostgresType.timestamptz.oid, bytes.count == 8 else { throw .wrongType }
        var value: UInt64 = 0
        for index in 0..<8 { value = value << 8 | UInt64(bytes[index]) }
        return Timestamp(microseconds: Int64(bitPattern: value) + Self.serverEpoch)
    }
}

extension TaskStatus: PostgresRepresentable {}
extension RunStatus: PostgresRepresentable {}
extension TaskDependencies.Policy: PostgresRepresentable {}
extension StepStatus: PostgresRepresentable {}
extension ToolCallStatus: PostgresRepresentable {}
extension ArtifactKind: PostgresRepresentable {}
extension ApprovalStatus: PostgresRepresentable {}
extension Agent.Kind: PostgresRepresentable {}
extension NotificationKind: PostgresRepresentable {}

extension Principal: PostgresRepresentable {
    package var postgresForm: String { text }
    package init?(postgresForm: String) { self.init(postgresForm) }
}

/// Lists of texts within a column of rows, since an array of arrays is a matrix to the server.
enum PackedTexts {
    /// In no text of ours: names, identifiers and keys have no control characters.
    private static let separator = "\u{1F}"

    /// As one text, to be unpacked by `unpack`; nil for none.
    static func pack(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: separator) }

    /// The expression that makes a packed column an array again.
    static func unpack(_ column: StaticString) -> SQL { "string_to_array(\(unsafeRaw: "\(column)"), E'\\x1f')" }
}
