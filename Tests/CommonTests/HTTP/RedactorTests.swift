// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

struct RedactorTests {
    private let redactor = Redactor([Secret("hunter2&co"), Secret("hunter2"), Secret("abc")])
    private let mask = Redactor.mask

    @Test func `secrets are masked wherever they stand, the longest first`() {
        #expect(redactor.redact("hunter2") == mask)
        #expect(redactor.redact("a hunter2&co b hunter2hunter2 é") == "a \(mask) b \(mask)\(mask) é")
        #expect(redactor.redact("hunter") == "hunter")
        #expect(redactor.redact("") == "")
    }

    @Test func `a secret is known in a URL and in base64, too`() {
        #expect(redactor.redact("/ws?auth=hunter2%26co") == "/ws?auth=\(mask)")
        let encoded = Data("hunter2&co".utf8).base64EncodedString()
        #expect(!redactor.redact("Basic \(encoded)").contains(encoded.prefix(12)))
    }

    @Test func `a secret too short to hide is left alone`() {
        #expect(redactor.redact("abc") == "abc")
    }

    @Test func `values are masked at any depth, names included`() {
        let value: JSONValue = ["a": ["x hunter2", 1, ["hunter2": nil]], "n": 2.5]
        let clean: JSONValue = ["a": [.string("x \(mask)"), 1, .object(JSONObject([(mask, .null)]))], "n": 2.5]
        #expect(redactor.redact(value) == clean)
    }

    @Test func `a secret of digits is masked in a number, too`() {
        #expect(Redactor([Secret("123456")]).redact(["n": 91_234_567, "m": 12]) == ["n": .string(mask), "m": 12])
    }

    @Test func `a secret registered later is masked from then on`() {
        let redactor = Redactor()
        #expect(redactor.redact("key-9876") == "key-9876")
        redactor.register(Secret("key-9876"))
        #expect(redactor.redact("key-9876") == mask)
    }
}
