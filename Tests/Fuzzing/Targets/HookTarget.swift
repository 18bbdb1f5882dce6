// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain

extension FuzzTarget {
    /// What hooks take: templates, headers, signatures. An input is a template, one header, and a body, a line each.
    static let hooks = FuzzTarget("hooks") { bytes in
        let lines = InputLines(bytes, most: 3)
        let header = HookTarget.header(lines.text(1))
        let body = lines.bytes(2)
        try HookTarget.checkSignatures(header, body)
        try HookTarget.checkSources(lines.text(0), header, body)
        guard let source = try? JSONValue.parse(lines.bytes(0)) else { return }
        for signature in [HookSignature.standard, .github] { try HookTarget.check(source, signature, header, body) }
    }
}

private enum HookTarget {
    /// A credential that came with the delivery and must not be found in what a template makes of it.
    private static let credential = "credential-5f0c1b"
    private static let deliveryID = "delivery-1"
    private static let limit = 16_384
    private static let now = Timestamp(microseconds: 1_795_000_000_000_000)

    static func header(_ line: String) -> (name: String, value: String) {
        let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (halves[0], halves.count == 2 ? String(halves[1].drop { $0 == " " }) : "")
    }

    static func check(
        _ source: JSONValue, _ signature: HookSignature, _ header: (name: String, value: String), _ body: [UInt8]
    ) throws {
        let template: HookTemplate
        do throws(HookTemplateError) {
            template = try HookTemplate(source, signature: signature)
        } catch {
            try hold(error.column >= 1 && JSONPointer.tokens(error.pointer) != nil, "an error is nowhere")
            return
        }
        let again = try HookTemplate(JSONValue.parse(source.bytes), signature: signature)
        try hold(again == template, "a template that was printed is another one")
        let secrets = HookHeaders.credentials.union([signature.header]).map { (name: $0, value: credential) }
        let headers = HookHeaders(secrets + [header])
        guard let value = try? JSONValue.parse(body) else { return }
        let content = HookContent(body: value, headers: headers, deliveryID: deliveryID)
        let filled: JSONValue
        do throws(HookFillError) {
            filled = try template.fill(from: content, limit: limit)
        } catch {
            return
        }
        let printed = filled.bytes
        try hold(printed.count <= limit, "a template makes more than its limit")
        try hold(try JSONValue.parse(printed).bytes == printed, "what a template makes is not read back")
        let given = source.text + value.text + header.name + header.value
        if !given.contains(credential) {
            try hold(!filled.text.contains(credential), "a template lets a credential through")
        }
        // Without places nothing is filled in.
        if !source.text.contains("{{") { try hold(printed == source.bytes, "a template without places changes") }
    }

    // MARK: Where a delivery's own id is

    static func checkSources(_ text: String, _ header: (name: String, value: String), _ body: [UInt8]) throws {
        if let name = HookHeaders.name(text) { try hold(HookHeaders.name(name) == name, "a name's name is another") }
        let headers = HookHeaders([header])
        let isFound = headers[header.name.uppercased()].isSpelt(as: header.value)
        try hold(isFound || !header.name.utf8.allSatisfy { $0 < 0x80 }, "a header is not found in capitals")
        guard let pointer = HookPointer(text), let value = try? JSONValue.parse(body) else { return }
        try hold(pointer.description.isSpelt(as: text), "a pointer is written in another way")
        let found = HookSource.pointer(pointer).text(headers: headers, body: value)
        try hold(found.map { (1...HookSource.maximumLength).contains($0.utf8.count) } ?? true, "a key is too long")
    }

    // MARK: Signatures

    static func checkSignatures(_ header: (name: String, value: String), _ body: [UInt8]) throws {
        let key = SymmetricKey(data: Array("the key of this hook, which nobody has".utf8))
        let code = Array(HMAC<SHA256>.authenticationCode(for: body, using: key))
        try checkRefused(header, body, key)
        // The header's value stands before and behind the right signature, as more of them do.
        let hex = Hex.text(code)
        let right = [("X-Hub-Signature-256", "sha256=" + hex)]
        try hold(verifies(.github, right, body, key), "a good signature is refused")
        guard !header.value.contains(hex) else { return }
        for wrong in ["sha256=" + header.value, header.value + "sha256=" + hex, "sha256=" + hex + header.value] {
            guard wrong != "sha256=" + hex, wrong != "sha256=" + hex.uppercased() else { continue }
            try hold(!verifies(.github, [("x-hub-signature-256", wrong)], body, key), "\(wrong) is taken")
        }
        let twice = [("x-hub-signature-256", header.value), ("x-hub-signature-256", "sha256=" + hex)]
        try hold(!verifies(.github, twice, body, key), "one of two signatures is enough")
        try hold(!verifies(.github, right, body + [0], key), "another body is taken")
    }

    private static func checkRefused(
        _ header: (name: String, value: String), _ body: [UInt8], _ key: SymmetricKey
    ) throws {
        let standard = [
            ("webhook-id", "id"), ("webhook-timestamp", String(now.microseconds / 1_000_000)),
            ("webhook-signature", header.value),
        ]
        try hold(!verifies(.standard, standard, body, key), "a signature without the key is taken")
        let stamped = [("webhook-id", "id"), ("webhook-timestamp", header.value), ("webhook-signature", "v1,AAAA")]
        try hold(!verifies(.standard, stamped, body, key), "a time is taken for a signature")
        for encoding in SignatureEncoding.allCases {
            guard let own = HookSignatureHeader(name: header.name, prefix: "", encoding: encoding) else { continue }
            try hold(own.name == own.name.lowercased(), "a signature's header is not in small letters")
            let bytes = encoding.bytes(header.value)
            if encoding == .hex, let bytes { try same(Hex.text(bytes), header.value.lowercased(), "hexadecimal") }
            try hold(
                !verifies(.hmacSHA256(own), [header], body, key), "a signature in a header of one's own is taken")
        }
    }

    private static func verifies(
        _ signature: HookSignature, _ headers: [(String, String)], _ body: [UInt8], _ key: SymmetricKey
    ) -> Bool {
        let fields = HookHeaders(headers.map { (name: $0.0, value: $0.1) })
        let delivery = HookDelivery(headers: fields, body: body)
        return (try? signature.verify(delivery, keys: [key], at: now)) != nil
    }
}
