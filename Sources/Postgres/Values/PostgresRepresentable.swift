// SPDX-License-Identifier: Apache-2.0

/// A type of ours that travels as one of the basic types: an id as text, an enum as its raw value.
///
/// For a `RawRepresentable` type the conformance needs no code.
package protocol PostgresRepresentable:
    PostgresEncodable, PostgresEncodableElement, PostgresDecodable, PostgresDecodableElement
{
    associatedtype
        PostgresForm:
            PostgresEncodable, PostgresEncodableElement, PostgresDecodable, PostgresDecodableElement
    var postgresForm: PostgresForm { get }
    /// `nil` when the stored value is none of ours, which is then a decoding error.
    init?(postgresForm: PostgresForm)
}

extension PostgresRepresentable {
    package static var postgresType: PostgresType { PostgresForm.postgresType }
    package var isPostgresNull: Bool { postgresForm.isPostgresNull }
    package func encode(into buffer: inout PostgresBuffer) { postgresForm.encode(into: &buffer) }

    package static func decode(_ bytes: Span<UInt8>, type: UInt32) throws(PostgresDecodingFailure) -> Self {
        guard let value = Self(postgresForm: try PostgresForm.decode(bytes, type: type)) else { throw .malformed }
        return value
    }
}

extension PostgresRepresentable where Self: RawRepresentable, PostgresForm == RawValue {
    package var postgresForm: RawValue { rawValue }
    package init?(postgresForm: RawValue) { self.init(rawValue: postgresForm) }
}
