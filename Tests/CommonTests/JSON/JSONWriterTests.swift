// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", "[1,2.50,-0,1E2,123456789012345678901234567890]", #"{"b":1,"a":[{},[],""]}"#,
        #""\"\\/\n\t\r\b\f\u0001é😀""#,
    ])
    func `what was read is written as it was`(text: String) throws {
        #expect(try JSONValue.parse(text).text == text)
    }

    @Test func `commas come by themselves`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a")
        writer.write(1)
        writer.name("b")
        writer.beginArray()
        writer.write("x\"y")
        writer.writeNull()
        writer.beginObject()
        writer.endObject()
        writer.write(json: Array("[true]".utf8))
        writer.endArray()
        writer.name("c")
        writer.write(1.5)
        writer.name("d")
        writer.write(Double.nan)
        writer.name("e")
        writer.write(Timestamp(microseconds: 0))
        writer.name("f")
        writer.write(JSONValue.array([false]))
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":1,"b":["x\"y",null,{},[true]],"c":1.5,"d":null,"e":"1970-01-01T00:00:00.000000Z","f":[false]}"#
        )
    }

    /// Numbers with their ECMAScript forms, after RFC 8785 appendix B.
    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("5e-324", "5e-324"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("9007199254740992", "9007199254740992"), ("295147905179352830000", "295147905179352830000"),
        ("9.999999999999997e22", "9.999999999999997e+22"), ("1e23", "1e+23"), ("1e21", "1e+21"),
        ("999999999999999900000", "999999999999999900000"), ("0.000001", "0.000001"), ("1e-7", "1e-7"),
        ("333333333.33333325", "333333333.33333325"), ("-1.50", "-1.5"), ("1.0", "1"),
        ("1424953923781206.25", "1424953923781206.2"),
    ])
    func `canonical numbers are ECMAScript's`(text: String, expected: String) throws {
        #expect(String(decoding: try JSONValue.parse(text).canonicalBytes, as: UTF8.self) == expected)
    }

    @Test func `canonical members are sorted by UTF-16 units`() throws {
        let value = try JSONValue.parse(
            #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":{"b":[3,1],"a":"\u001f</"}}"#)
        #expect(
            String(decoding: value.canonicalBytes, as: UTF8.self)
                == "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":{\"a\":\"\\u001f</\",\"b\":[3,1]},\"€\":1,\"😀\":5,\"\u{FB33}\":3}"
        )
    }

    @Test func `equal values have the same canonical bytes`() throws {
        let left = try JSONValue.parse(#"{ "b" : 1.0, "a" : [ "x" ] }"#)
        let right = try JSONValue.parse(#"{"a":["x"],"b":10e-1}"#)
        #expect(left.canonicalBytes == right.canonicalBytes)
    }

    @Test(arguments: ["1e400", "10e399", "0.1E+401", "1000000000000000000000000e376"])
    func `numbers beyond a double have one canonical form too`(text: String) throws {
        #expect(String(decoding: try JSONValue.parse(text).canonicalBytes, as: UTF8.self) == "1e+400")
    }

    @Test(arguments: ["19e9254749093", "-1234.5e1000000000", "0.001e1000000000", "1e1000000001"])
    func `the canonical form of a number is its own, however far it goes`(text: String) throws {
        let canonical = try JSONValue.parse(text).canonicalBytes
        #expect(try JSONValue.parse(canonical).canonicalBytes == canonical)
    }
}
