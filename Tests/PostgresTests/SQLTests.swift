// SPDX-License-Identifier: Apache-2.0

import Postgres
import Testing

struct SQLTests {
    @Test func `every interpolation becomes a numbered parameter`() {
        let name = "x'; DROP TABLE rooms; --"
        let sql: SQL = "SELECT id FROM rooms WHERE name = \(name) AND version < \(3)"
        #expect(sql.text == "SELECT id FROM rooms WHERE name = $1 AND version < $2")
        #expect(sql.parameterCount == 2)
    }

    @Test func `fragments are renumbered wherever they are put`() {
        let filter: SQL = "a = \(1) AND b = \("two")"
        var sql: SQL = "SELECT * FROM t WHERE c = \(true) AND (\(filter)) AND d = \(4)"
        #expect(sql.text == "SELECT * FROM t WHERE c = $1 AND (a = $2 AND b = $3) AND d = $4")
        sql += " OR \(filter)"
        #expect(sql.text.hasSuffix("d = $4 OR a = $5 AND b = $6"))
        #expect(sql.parameterCount == 6)
        #expect(("x" + filter + filter as SQL).text == "xa = $1 AND b = $2a = $3 AND b = $4")
    }

    @Test func `more than nine parameters are renumbered to the right width`() {
        var sql: SQL = "SELECT \(0)"
        for number in 1...11 { sql += ", \(number)" }
        let doubled = sql + " UNION " + sql
        #expect(doubled.text.hasSuffix("SELECT $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24"))
    }

    @Test func `identifiers are quoted and raw text is not touched`() {
        let sql: SQL = "SELECT 1 FROM \(identifier: "we\"ird") ORDER BY id \(unsafeRaw: "DESC")"
        #expect(sql.text == "SELECT 1 FROM \"we\"\"ird\" ORDER BY id DESC")
    }
}
