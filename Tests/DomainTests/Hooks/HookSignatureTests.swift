// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Foundation
import Testing

/// Which deliveries are taken for genuine. The expected codes were made with other programs.
@Suite struct HookSignatureTests {
    private let now = Timestamp(microseconds: 1_614_265_330_000_000)
    private let hookID = ID<Hook>(trusted: "hook_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    private let internalKey = Secret(String(repeating: "k", count: 40))

    private func delivery(_ headers: [String: String], _ body: String) -> HookDelivery {
        HookDelivery(headers: HookHeaders(headers.map { (name: $0, value: $1) }), body: Array(body.utf8))
    }

    /// The example of the Standard Webhooks reference libraries.
    private func standard(
        id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek", at timestamp: String = "1614265330",
        signature: String = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        body: String = #"{"test": 2432232314}"#
    ) -> HookDelivery {
        delivery(
            ["Webhook-Id": id, "Webhook-Timestamp": timestamp, "Webhook-Signature": signature], body)
    }

    private var standardKey: SymmetricKey {
        SymmetricKey(data: Data(base64Encoded: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") ?? Data())
    }

    private func verify(_ signature: HookSignature, _ delivery: HookDelivery, _ keys: [SymmetricKey]) throws {
        try signature.verify(delivery, keys: keys, at: now)
    }

    @Test func `Standard Webhooks: the reference example`() throws {
        try verify(.standard, standard(), [standardKey])
        let other = SymmetricKey(data: Array("other".utf8))
        try verify(.standard, standard(), [other, standardKey])
        #expect(throws: HookSignatureError.mismatch) { try verify(.standard, standard(), [other]) }
        #expect(throws: HookSignatureError.mismatch) { try verify(.standard, standard(), []) }
    }

    @Test func `Standard Webhooks: one of several signatures is enough, other versions are none`() throws {
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        let wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        try verify(.standard, standard(signature: "v1a,abc \(wrong) \(right)"), [standardKey])
        #expect(throws: HookSignatureError.mismatch) {
            try verify(.standard, standard(signature: wrong), [standardKey])
        }
        for text in ["", "v2" + right.dropFirst(2), "v1," + "!!", String(right.dropFirst(3))] {
            #expect(throws: HookSignatureError.malformed("webhook-signature"), "\(text)") {
                try verify(.standard, standard(signature: text), [standardKey])
            }
        }
        // A sender cannot make us compute for ever.
        #expect(throws: HookSignatureError.mismatch) {
            try verify(
                .standard, standard(signature: String(repeating: wrong + " ", count: 8) + right), [standardKey])
        }
    }

    @Test func `Standard Webhooks: id, timestamp and body are all signed`() throws {
        for changed in [
            standard(id: "msg_other"), standard(at: "1614265331"), standard(body: #"{"test": 2432232315}"#),
        ] { #expect(throws: HookSignatureError.mismatch) { try verify(.standard, changed, [standardKey]) } }
    }

    @Test func `Standard Webhooks: five minutes either way, in whole seconds`() throws {
        func signed(_ timestamp: String) -> HookDelivery {
            let code = HMAC<SHA256>.authenticationCode(for: Array("m.\(timestamp).{}".utf8), using: standardKey)
            return standard(
                id: "m", at: timestamp, signature: "v1," + Data(code).base64EncodedString(), body: "{}")
        }
        for offset in [-300, -1, 0, 300] { try verify(.standard, signed("\(1_614_265_330 + offset)"), [standardKey]) }
        for offset in [-301, 301, -1_614_265_330] {
            #expect(throws: HookSignatureError.stale) {
                try verify(.standard, signed("\(1_614_265_330 + offset)"), [standardKey])
            }
        }
        for text in ["", "-1", "+1614265330", "1614265330.0", "99999999999999999999", "١"] {
            #expect(throws: HookSignatureError.malformed("webhook-timestamp"), "\(text)") {
                try verify(.standard, signed(text), [standardKey])
            }
        }
    }

    @Test func `GitHub: the example of its documentation`() throws {
        let key = SymmetricKey(data: Array("It's a Secret to Everybody".utf8))
        let code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        func signed(_ text: String) -> HookDelivery { delivery(["X-Hub-Signature-256": text], "Hello, World!") }
        try verify(.github, signed("sha256=\(code)"), [key])
        try verify(.github, signed("sha256=\(code.uppercased())"), [key])
        #expect(throws: HookSignatureError.mismatch) {
            try verify(.github, signed("sha256=0\(code.dropFirst())"), [key])
        }
        // A shorter code is another code, not the beginning of the right one.
        #expect(throws: HookSignatureError.mismatch) {
            try verify(.github, signed("sha256=\(code.prefix(32))"), [key])
        }
        for text in ["", code, "sha1=\(code)", "sha256=", "sha256=xyz", "sha256=\(code), sha256=\(code)"] {
            #expect(throws: (any Error).self, "\(text)") { try verify(.github, signed(text), [key]) }
        }
        #expect(throws: HookSignatureError.missing("x-hub-signature-256")) {
            try verify(.github, delivery([:], "Hello, World!"), [key])
        }
    }

    @Test(arguments: SignatureEncoding.allCases)
    func `a declared header is read with its prefix and encoding`(encoding: SignatureEncoding) throws {
        let key = SymmetricKey(data: Array("s".utf8))
        let code = Array(HMAC<SHA256>.authenticationCode(for: Array("body".utf8), using: key))
        let text = encoding == .hex ? Hex.text(code) : Data(code).base64EncodedString()
        let header = try #require(HookSignatureHeader(name: "X-Sig", prefix: "v0=", encoding: encoding))
        try verify(.hmacSHA256(header), delivery(["x-sig": "v0=\(text)"], "body"), [key])
        #expect(throws: HookSignatureError.malformed("x-sig")) {
            try verify(.hmacSHA256(header), delivery(["x-sig": text], "body"), [key])
        }
        #expect(throws: HookSignatureError.mismatch) {
            try verify(.hmacSHA256(header), delivery(["x-sig": "v0=\(text)"], "body "), [key])
        }
    }

    @Test func `a header for signatures is not one for other credentials`() {
        for name in ["", "x y", "x:y", "é", "Authorization", "cookie", "X-Internal-Key"] {
            #expect(HookSignatureHeader(name: name, prefix: "", encoding: .hex) == nil, "\(name)")
        }
        #expect(HookSignatureHeader(name: "X-Sig", prefix: "a b", encoding: .hex) == nil)
        #expect(HookSignatureHeader(name: "X-Sig", prefix: "", encoding: .hex)?.name == "x-sig")
    }

    @Test func `the secret follows from key, hook and generation`() {
        let first = HookSecret(hook: hookID, generation: 1, internalKey: internalKey)
        #expect(
            first.text(for: .github).reveal() == "a49c29c4c243d53db7b43a1118e0b382180ca9ac456e00a65d12ea785cfc4310")
        let text = first.text(for: .standard).reveal()
        #expect(text.hasPrefix("whsec_"))
        #expect(
            Data(base64Encoded: String(text.dropFirst(6))).map { Hex.text($0) } == first.text(for: .github).reveal())
        let second = HookSecret(hook: hookID, generation: 2, internalKey: internalKey)
        #expect(second.text(for: .github) != first.text(for: .github))
        #expect(!"\(first)".contains("a49c29"))
    }

    @Test(arguments: [HookSignature.standard, .github])
    func `after a rotation the secret before is good for as long as was said`(signature: HookSignature) throws {
        var hook = try makeHook(signature: signature, at: now)
        let old = signed(for: hook)
        try hook.verify(old, internalKey: internalKey, at: now)
        try rotate(&hook)
        let new = signed(for: hook)
        try hook.verify(old, internalKey: internalKey, at: now)
        try hook.verify(new, internalKey: internalKey, at: now)
        #expect(hook.acceptedGenerations(at: now + .seconds(86_399)) == [2, 1])
        #expect(hook.acceptedGenerations(at: now + .seconds(86_400)) == [2])
        try rotate(&hook, grace: .zero)
        #expect(hook.acceptedGenerations(at: now) == [3])
        #expect(throws: HookSignatureError.mismatch) { try hook.verify(old, internalKey: internalKey, at: now) }
        #expect(throws: HookSignatureError.mismatch) { try hook.verify(new, internalKey: internalKey, at: now) }
        let newest = signed(for: hook)
        try hook.verify(newest, internalKey: internalKey, at: now)
        let other = Secret(String(repeating: "x", count: 40))
        #expect(throws: HookSignatureError.mismatch) { try hook.verify(newest, internalKey: other, at: now) }
    }

    private func rotate(_ hook: inout Hook, grace: Duration = .seconds(86_400)) throws {
        hook = try #require(
            HookEvent.rotated(generation: hook.generation + 1, graceUntil: now + grace).applied(
                to: hook, key: hook.id, in: hookContext(at: now)))
    }

    /// Signs as the sender does, who has only the text that was shown.
    private func signed(for hook: Hook) -> HookDelivery {
        let text = HookSecret(hook: hook.id, generation: hook.generation, internalKey: internalKey)
            .text(for: hook.definition.signature).reveal()
        if hook.definition.signature == .github {
            let key = SymmetricKey(data: Array(text.utf8))
            let code = HMAC<SHA256>.authenticationCode(for: Array("{}".utf8), using: key)
            return delivery(["X-Hub-Signature-256": "sha256=" + Hex.text(Array(code))], "{}")
        }
        let key = SymmetricKey(data: Data(base64Encoded: String(text.dropFirst(6))) ?? Data())
        let code = HMAC<SHA256>.authenticationCode(for: Array("m.1614265330.{}".utf8), using: key)
        return standard(id: "m", signature: "v1," + Data(code).base64EncodedString(), body: "{}")
    }

    @Test func `a delivery is known by the scheme's id, a declared one, or its content`() throws {
        let github = try makeHook(signature: .github, at: now)
        let body: JSONValue = ["id": 7, "long": .string(String(repeating: "x", count: 201)), "bad": "a\u{0}b"]
        let delivery = delivery(["X-GitHub-Delivery": "72d3162e"], "{}")
        #expect(github.deliveryID(of: delivery, body: body) == "72d3162e")
        #expect(github.deliveryID(of: self.delivery([:], "{}"), body: body) == nil)
        let header = try #require(HookSignatureHeader(name: "x-sig", prefix: "", encoding: .hex))
        var declared = try makeHook(signature: .hmacSHA256(header), at: now)
        #expect(
            declared.deliveryID(of: delivery, body: body)
                == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
        for (pointer, id) in [("/id", "7"), ("/long", nil), ("/bad", nil), ("/none", nil), ("", nil)] {
            declared.definition.deliveryID = .pointer(try #require(HookPointer(pointer)))
            #expect(declared.deliveryID(of: delivery, body: body) == id)
        }
        #expect(github.idempotencyKey(ofDelivery: "72d3162e") == "hook:\(github.id):72d3162e")
    }

    @Test func `headers given twice are one with both values`() {
        let headers = HookHeaders([(name: "X-A", value: "1"), (name: "x-a", value: "2")])
        #expect(headers["X-a"] == "1, 2")
    }
}

func makeHook(signature: HookSignature, at time: Timestamp) throws -> Hook {
    let definition = HookDefinition(
        name: "pushes", agent: "echo", template: try HookTemplate("{{}}", signature: signature), signature: signature)
    return try #require(
        HookEvent.created(definition).applied(
            to: nil, key: ID(trusted: "hook_01ARZ3NDEKTSV4RRFFQ69G5FAV"), in: hookContext(at: time)))
}

func hookContext(at time: Timestamp) -> EventContext {
    EventContext(
        workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), actor: Principal(.user, "tester"),
        traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: time)
}
