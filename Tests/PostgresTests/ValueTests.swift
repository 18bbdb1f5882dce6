// SPDX-License-Identifier: Apache-2.0

import Foundation
import Postgres
import TestKit
import Testing

@Suite(.database, .timeLimit(.minutes(5)))
struct ValueTests {
    /// Sends `value` without a cast and reads it back; the server must agree on its type and see the same text.
    private func expectRoundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable>(
        _ value: Value, type: String, _ connection: PostgresConnection,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await connection.query("SELECT \(value) AS value, pg_typeof(\(value))::text AS type")
        let row = try #require(rows.first, sourceLocation: location)
        let read: Value = try row.value("value")
        #expect(read == value, sourceLocation: location)
        #expect(try row.value("type") == type, sourceLocation: location)
    }

    @Test func `scalars survive the way there and back with their types`() async throws {
        try await withTestConnection { connection in
            for value in [true, false] { try await expectRoundTrip(value, type: "boolean", connection) }
            for value in [Int16.min, -1, 0, .max] { try await expectRoundTrip(value, type: "smallint", connection) }
            for value in [Int32.min, -1, 0, .max] { try await expectRoundTrip(value, type: "integer", connection) }
            for value in [Int64.min, -1, 0, .max] { try await expectRoundTrip(value, type: "bigint", connection) }
            for value in [Int.min, -1, 0, .max] { try await expectRoundTrip(value, type: "bigint", connection) }
            for value in [0.0, -0.1, .pi, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
                try await expectRoundTrip(value, type: "double precision", connection)
            }
            for value in ["", "plain", "quote ' \" \\ $1", "žluťoučký 🐎", String(repeating: "x", count: 300_000)] {
                try await expectRoundTrip(value, type: "text", connection)
            }
            for value in [[], [0], [UInt8](0...255)] { try await expectRoundTrip(value, type: "bytea", connection) }
            try await expectRoundTrip(UUID(), type: "uuid", connection)
            try await expectRoundTrip(JSONB(text: #"{"a": [1, null]}"#), type: "jsonb", connection)
        }
    }

    @Test func `NULL keeps its type and reads as nil`() async throws {
        try await withTestConnection { connection in
            try await expectRoundTrip(Bool?.none, type: "boolean", connection)
            try await expectRoundTrip(Int16?.none, type: "smallint", connection)
            try await expectRoundTrip(Int?.none, type: "bigint", connection)
            try await expectRoundTrip(Double?.none, type: "double precision", connection)
            try await expectRoundTrip(String?.none, type: "text", connection)
            try await expectRoundTrip([UInt8]?.none, type: "bytea", connection)
            try await expectRoundTrip(Date?.none, type: "timestamp with time zone", connection)
            try await expectRoundTrip(UUID?.none, type: "uuid", connection)
            try await expectRoundTrip(JSONB?.none, type: "jsonb", connection)
            try await expectRoundTrip([String]?.none, type: "text[]", connection)
            try await expectRoundTrip(String?.some("here"), type: "text", connection)
        }
    }

    @Test func `times are exact to the microsecond`() async throws {
        try await withTestConnection { connection in
            for text in [
                "2026-11-21 05:04:56.123456+00", "1999-12-31 23:59:59.999999+00", "2000-01-01 00:00:00+00",
                "1970-01-01 00:00:00.000001+00", "1900-02-28 12:00:00.5+00", "2100-01-01 00:00:00.000007+00",
            ] {
                let read = try await connection.query("SELECT \(text)::text::timestamptz AS at")
                let date: Date = try #require(read.first).value("at")
                let back = try await connection.query("SELECT \(date) = \(text)::text::timestamptz AS same")
                #expect(try #require(back.first).value("same", as: Bool.self), "\(text)")
            }
            let now = Date(timeIntervalSince1970: 1_795_237_496.654321)
            let rows = try await connection.query("SELECT to_char(\(now) AT TIME ZONE 'UTC', 'HH24:MI:SS.US') AS at")
            #expect(try #require(rows.first).value("at") == "05:04:56.654321")
            let ends = try await connection.query(
                "SELECT 'infinity'::timestamptz AS late, '-infinity'::timestamptz AS early")
            #expect(try #require(ends.first).value("late") == Date.distantFuture)
            #expect(try #require(ends.first).value("early") == Date.distantPast)
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func `random arrays of every type, with NULLs in them, survive`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        func array<Element>(_ make: (inout SeededGenerator) -> Element) -> [Element] {
            (0..<Int.random(in: 0...50, using: &random)).map { _ in make(&random) }
        }
        func holed<Element>(_ make: (inout SeededGenerator) -> Element) -> [Element?] {
            array { Int.random(in: 0..<3, using: &$0) == 0 ? nil : make(&$0) }
        }
        func text(_ random: inout SeededGenerator) -> String {
            String(
                (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
                    "až'\"\\{},🐎 \n".randomElement(using: &random)
                })
        }
        func bytes(_ random: inout SeededGenerator) -> [UInt8] {
            (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        func uuid(_ random: inout SeededGenerator) -> UUID {
            let number = random.next()
            return UUID(
                uuidString: String(format: "%08X-0000-4000-8000-%012X", UInt32(number >> 32), number & 0xffff_ffff))
                ?? UUID()
        }
        func date(_ random: inout SeededGenerator) -> Date {
            Date(timeIntervalSince1970: Double(Int.random(in: 0...2_000_000_000, using: &random)))
        }
        try await withTestConnection { connection in
            for _ in 0..<8 {
                try await expectRoundTrip(array { Bool.random(using: &$0) }, type: "boolean[]", connection)
                try await expectRoundTrip(holed { Bool.random(using: &$0) }, type: "boolean[]", connection)
                try await expectRoundTrip(
                    holed { Int16.random(in: .min ... .max, using: &$0) }, type: "smallint[]", connection)
                try await expectRoundTrip(
                    holed { Int32.random(in: .min ... .max, using: &$0) }, type: "integer[]", connection)
                try await expectRoundTrip(
                    array { Int64.random(in: .min ... .max, using: &$0) }, type: "bigint[]", connection)
                try await expectRoundTrip(
                    holed { Int.random(in: .min ... .max, using: &$0) }, type: "bigint[]", connection)
                try await expectRoundTrip(
                    holed { Double.random(in: -1e9...1e9, using: &$0) }, type: "double precision[]", connection)
                try await expectRoundTrip(array(text), type: "text[]", connection)
                try await expectRoundTrip(holed(text), type: "text[]", connection)
                try await expectRoundTrip(array(bytes), type: "bytea[]", connection)
                try await expectRoundTrip(holed(bytes), type: "bytea[]", connection)
                try await expectRoundTrip(holed(uuid), type: "uuid[]", connection)
                try await expectRoundTrip(holed(date), type: "timestamp with time zone[]", connection)
                try await expectRoundTrip(holed { JSONB(text: "{\"n\": \($0.next())}") }, type: "jsonb[]", connection)
            }
        }
    }

    @Test func `UNNEST of several arrays needs no casts and keeps rows together`() async throws {
        try await withTestConnection { connection in
            _ = try await connection.query(
                "CREATE TABLE things (id bigint, name text, body jsonb, at timestamptz, key uuid, raw bytea)")
            let ids = Array(1...500)
            let names: [String?] = ids.map { $0.isMultiple(of: 3) ? nil : "thing \($0)" }
            let bodies = ids.map { JSONB(text: "{\"n\": \($0)}") }
            let times = ids.map { Date(timeIntervalSince1970: Double($0)) }
            let keys = ids.map { _ in UUID() }
            let raws = ids.map { [UInt8](repeating: UInt8($0 % 256), count: $0 % 5) }
            let inserted = try await connection.query(
                "INSERT INTO things SELECT * FROM unnest(\(ids), \(names), \(bodies), \(times), \(keys), \(raws))")
            #expect(inserted.affected == 500)
            #expect(inserted.commandTag == "INSERT 0 500")
            let rows = try await connection.query("SELECT *, (body->>'n')::int AS n FROM things ORDER BY id")
            #expect(try rows.map { try $0.value("id", as: Int.self) } == ids)
            #expect(try rows.map { try $0.value("name", as: String?.self) } == names)
            #expect(try rows.map { try $0.value("n", as: Int.self) } == ids)
            #expect(try rows.map { try $0.value("at", as: Date.self) } == times)
            #expect(try rows.map { try $0.value("key", as: UUID.self) } == keys)
            #expect(try rows.map { try $0.value("raw", as: [UInt8].self) } == raws)
            #expect(rows.columnNames == ["id", "name", "body", "at", "key", "raw", "n"])
        }
    }

    @Test func `the server's other textual and narrower types are read too`() async throws {
        try await withTestConnection { connection in
            let rows = try await connection.query(
                """
                SELECT 'n'::name AS name, 'v'::varchar(9) AS varchar, 'c'::char(3) AS bpchar, 12.50::numeric::text AS num,
                    '{"a":1}'::json AS json, '{"a":1}'::jsonb AS jsonb, 7::smallint AS small, 8::int AS int,
                    1.5::float4 AS real, 'pg_class'::regclass::oid AS oid, array['a',null]::varchar[] AS names,
                    array[1,2]::int8[] AS numbers, '{}'::text[] AS none, array[1,2]::int4[] AS narrow
                """)
            let row = try #require(rows.first)
            #expect(try row.value("name") == "n")
            #expect(try row.value("varchar") == "v")
            #expect(try row.value("bpchar") == "c  ")
            #expect(try row.value("num") == "12.50")
            #expect(try row.value("json") == #"{"a":1}"#)
            #expect(try row.value("jsonb") == #"{"a": 1}"#)
            #expect(try row.value("jsonb", as: [UInt8].self) == Array(#"{"a": 1}"#.utf8))
            #expect(try row.value("json", as: JSONB.self).text == #"{"a":1}"#)
            #expect(try row.value("small") == 7)
            #expect(try row.value("int") == 8)
            #expect(try row.value("real") == 1.5)
            #expect(try row.value("oid", as: Int.self) == 1259)
            #expect(try row.value("names") == ["a", nil])
            #expect(try row.value("numbers") == [1, 2])
            #expect(try row.value("none") == [String]())
            #expect(try row.value("narrow") == [1, 2])
        }
    }

    @Test func `a wrong type, a NULL or a missing column is an error that names the column`() async throws {
        try await withTestConnection { connection in
            let rows = try await connection.query(
                "SELECT 1::int8 AS number, NULL::text AS nothing, array[1,null] AS holed")
            let row = try #require(rows.first)
            func failure<Value: PostgresDecodable>(_ column: String, _ type: Value.Type) -> PostgresError? {
                do throws(PostgresError) {
                    _ = try row.value(column, as: type)
                    return nil
                } catch {
                    return error
                }
            }
            let wrong = try #require(failure("number", UUID.self))
            #expect(wrong.kind == .decoding)
            #expect(wrong.column == "number")
            #expect(wrong.message.contains("int8"))
            #expect(failure("number", Int32.self)?.kind == .decoding, "an int8 is never cut to fit")
            #expect(failure("number", String.self)?.kind == .decoding)
            #expect(failure("nothing", String.self)?.column == "nothing")
            #expect(failure("nothing", String?.self) == nil)
            #expect(failure("holed", [Int].self)?.column == "holed")
            #expect(failure("missing", Int.self)?.message.contains("missing") == true)
        }
    }

    @Test func `a type of ours travels as its raw value, alone and in arrays`() async throws {
        try await withTestConnection { connection in
            let many: [Colour?] = [.green, nil]
            let none: Colour? = nil
            let rows = try await connection.query(
                "SELECT \(Colour.red) AS one, \(many) AS many, 'pink'::text AS wrong, \(none) AS none")
            let row = try #require(rows.first)
            #expect(try row.value("one", as: Colour.self) == .red)
            #expect(try row.value("many", as: [Colour?].self) == [.green, nil])
            #expect(try row.value("none", as: Colour?.self) == nil)
            #expect(throws: PostgresError.self) { try row.value("wrong", as: Colour.self) }
        }
    }
}

private enum Colour: String, PostgresRepresentable {
    case red
    case green
}
