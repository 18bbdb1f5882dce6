// SPDX-License-Identifier: Apache-2.0

/// The five-character code by which PostgreSQL says what went wrong; stable across versions and languages.
package struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }

    /// The first two characters, which group related codes (`23` is every integrity violation).
    package var errorClass: String { String(rawValue.prefix(2)) }

    package static let connectionException: SQLState = "08000"
    package static let connectionFailure: SQLState = "08006"
    package static let featureNotSupported: SQLState = "0A000"
    package static let stringDataRightTruncation: SQLState = "22001"
    package static let numericValueOutOfRange: SQLState = "22003"
    package static let divisionByZero: SQLState = "22012"
    package static let invalidTextRepresentation: SQLState = "22P02"
    package static let integrityConstraintViolation: SQLState = "23000"
    package static let restrictViolation: SQLState = "23001"
    package static let notNullViolation: SQLState = "23502"
    package static let foreignKeyViolation: SQLState = "23503"
    package static let uniqueViolation: SQLState = "23505"
    package static let checkViolation: SQLState = "23514"
    package static let exclusionViolation: SQLState = "23P01"
    package static let activeTransaction: SQLState = "25001"
    package static let readOnlyTransaction: SQLState = "25006"
    package static let inFailedTransaction: SQLState = "25P02"
    package static let idleInTransactionTimeout: SQLState = "25P03"
    package static let invalidStatementName: SQLState = "26000"
    package static let invalidAuthorization: SQLState = "28000"
    package static let invalidPassword: SQLState = "28P01"
    package static let invalidCatalogName: SQLState = "3D000"
    package static let invalidSchemaName: SQLState = "3F000"
    package static let serializationFailure: SQLState = "40001"
    package static let deadlockDetected: SQLState = "40P01"
    package static let insufficientPrivilege: SQLState = "42501"
    package static let syntaxError: SQLState = "42601"
    package static let undefinedColumn: SQLState = "42703"
    package static let undefinedFunction: SQLState = "42883"
    package static let undefinedTable: SQLState = "42P01"
    package static let duplicateTable: SQLState = "42P07"
    package static let diskFull: SQLState = "53100"
    package static let outOfMemory: SQLState = "53200"
    package static let tooManyConnections: SQLState = "53300"
    package static let objectInUse: SQLState = "55006"
    package static let lockNotAvailable: SQLState = "55P03"
    package static let queryCanceled: SQLState = "57014"
    package static let adminShutdown: SQLState = "57P01"
    package static let crashShutdown: SQLState = "57P02"
    package static let cannotConnectNow: SQLState = "57P03"
    package static let databaseDropped: SQLState = "57P04"
    package static let ioError: SQLState = "58030"
    package static let raiseException: SQLState = "P0001"
    package static let internalError: SQLState = "XX000"

    /// Whether the server's primary message for this code is made of identifiers only.
    ///
    /// Class 22 quotes the offending value and class P0 is whatever a function chose to raise, so those are left out.
    var hasSafeMessage: Bool {
        switch errorClass {
        case "08", "0A", "23", "25", "26", "28", "34", "3D", "3F", "40", "42", "53", "54", "55", "57", "58": true
        default: false
        }
    }

    /// Whether trying to connect again with the same settings is pointless.
    var isPermanentConnectFailure: Bool {
        errorClass == "28" || errorClass == "42" || errorClass == "22" || self == .invalidCatalogName
    }
}
