// SPDX-License-Identifier: Apache-2.0

/// A type of the server, by its number, with the number of the array of it (0 when we never send one).
package struct PostgresType: Sendable, Hashable {
    package let oid: UInt32
    package let arrayOID: UInt32

    package static let bool = PostgresType(oid: 16, arrayOID: 1000)
    package static let bytea = PostgresType(oid: 17, arrayOID: 1001)
    package static let char = PostgresType(oid: 18, arrayOID: 1002)
    package static let name = PostgresType(oid: 19, arrayOID: 1003)
    package static let int8 = PostgresType(oid: 20, arrayOID: 1016)
    package static let int2 = PostgresType(oid: 21, arrayOID: 1005)
    package static let int4 = PostgresType(oid: 23, arrayOID: 1007)
    package static let text = PostgresType(oid: 25, arrayOID: 1009)
    package static let oid = PostgresType(oid: 26, arrayOID: 1028)
    package static let json = PostgresType(oid: 114, arrayOID: 199)
    package static let xml = PostgresType(oid: 142, arrayOID: 143)
    package static let float4 = PostgresType(oid: 700, arrayOID: 1021)
    package static let float8 = PostgresType(oid: 701, arrayOID: 1022)
    package static let unknown = PostgresType(oid: 705, arrayOID: 0)
    package static let bpchar = PostgresType(oid: 1042, arrayOID: 1014)
    package static let varchar = PostgresType(oid: 1043, arrayOID: 1015)
    package static let date = PostgresType(oid: 1082, arrayOID: 1182)
    package static let timestamp = PostgresType(oid: 1114, arrayOID: 1115)
    package static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
    package static let interval = PostgresType(oid: 1186, arrayOID: 1187)
    package static let numeric = PostgresType(oid: 1700, arrayOID: 1231)
    package static let void = PostgresType(oid: 2278, arrayOID: 0)
    package static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
    package static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)

    private static let names: [UInt32: String] = [
        16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid",
        114: "json", 142: "xml", 700: "float4", 701: "float8", 705: "unknown", 1042: "bpchar", 1043: "varchar",
        1082: "date", 1114: "timestamp", 1184: "timestamptz", 1186: "interval", 1700: "numeric", 2278: "void",
        2950: "uuid", 3802: "jsonb", 1000: "bool[]", 1001: "bytea[]", 1003: "name[]", 1005: "int2[]", 1007: "int4[]",
        1009: "text[]", 1015: "varchar[]", 1016: "int8[]", 1022: "float8[]", 1185: "timestamptz[]", 2951: "uuid[]",
        3807: "jsonb[]",
    ]

    /// The server's name for type number `oid`, for messages.
    static func describe(_ oid: UInt32) -> String { names[oid] ?? "type number \(oid)" }
}
