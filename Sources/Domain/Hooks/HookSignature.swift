// SPDX-License-Identifier: Apache-2.0

package import Common
package import Crypto
import Foundation

/// How the sender of a delivery proves that it knows the hook's secret.
package enum HookSignature: Sendable, Hashable {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    case standard
    /// GitHub's `X-Hub-Signature-256`.
    case github
    /// HMAC-SHA256 of the body in a header of the sender's choice.
    case hmacSHA256(HookSignatureHeader)

    /// How far a delivery's own timestamp may be from ours, in either direction.
    package static let tolerance = Duration.seconds(300)

    /// More signatures than this are not looked at; a sender has one for each secret that is in use.
    private static let signatureLimit = 8

    /// The lowercased name of the header that carries the signature.
    package var header: String {
        switch self {
        case .standard: "webhook-signature"
        case .github: "x-hub-signature-256"
        case .hmacSHA256(let declared): declared.name
        }
    }

    /// Where the scheme itself puts a delivery's id. GitHub does not sign it, Standard Webhooks does.
    package var deliveryIDSource: HookSource? {
        switch self {
        case .standard: .header("webhook-id")
        case .github: .header("x-github-delivery")
        case .hmacSHA256: nil
        }
    }

    /// Returns when `delivery` is signed with one of `keys`; throws otherwise. Takes the same time wherever a wrong
    /// signature begins to differ, and whichever key is the right one.
    package func verify(
        _ delivery: HookDelivery, keys: [SymmetricKey], at now: Timestamp
    ) throws(HookSignatureError) {
        guard let text = delivery.headers[header] else { throw .missing(header) }
        let signatures: [[UInt8]]
        var content = delivery.body
        switch self {
        case .standard:
            content = try signedContent(of: delivery, at: now)
            signatures = text.split(separator: " ").prefix(Self.signatureLimit).compactMap {
                $0.hasPrefix("v1,") ? SignatureEncoding.base64.bytes(String($0.dropFirst(3))) : nil
            }
        case .github: signatures = declared(text, prefix: "sha256=", encoding: .hex)
        case .hmacSHA256(let own): signatures = declared(text, prefix: own.prefix, encoding: own.encoding)
        }
        guard !signatures.isEmpty else { throw .malformed(header) }
        var isValid = false
        for key in keys {
            for signature in signatures {
                // CryptoKit's own comparison looks at every byte; no early end, so that all keys cost the same.
                let matches = HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: content, using: key)
                isValid = matches || isValid
            }
        }
        guard isValid else { throw .mismatch }
    }

    private func declared(_ text: String, prefix: String, encoding: SignatureEncoding) -> [[UInt8]] {
        guard text.hasPrefix(prefix), let bytes = encoding.bytes(String(text.dropFirst(prefix.count))) else {
            return []
        }
        return [bytes]
    }

    /// `id.timestamp.body`, when the timestamp is one of these minutes.
    private func signedContent(of delivery: HookDelivery, at now: Timestamp) throws(HookSignatureError) -> [UInt8] {
        guard let id = delivery.headers["webhook-id"] else { throw .missing("webhook-id") }
        guard let text = delivery.headers["webhook-timestamp"] else { throw .missing("webhook-timestamp") }
        guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(text)
        else { throw .malformed("webhook-timestamp") }
        let age = now - Timestamp(microseconds: seconds * 1_000_000)
        guard age <= Self.tolerance, age >= .zero - Self.tolerance else { throw .stale }
        return Array("\(id).\(text).".utf8) + delivery.body
    }
}

/// The header of a sender that follows no standard.
package struct HookSignatureHeader: Sendable, Hashable {
    /// Lowercased.
    package let name: String
    /// What stands before the signature, such as `sha256=`.
    package let prefix: String
    package let encoding: SignatureEncoding

    /// Nil when no header may be called so, or when it is one that carries other credentials.
    package init?(name: String, prefix: String, encoding: SignatureEncoding) {
        guard let name = HookHeaders.name(name), !HookHeaders.credentials.contains(name),
            prefix.utf8.count <= 64, prefix.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.name = name
        self.prefix = prefix
        self.encoding = encoding
    }
}

/// How the bytes of a signature are written.
package enum SignatureEncoding: String, Sendable, CaseIterable {
    case hex, base64

    /// Nil when the text is not in this form.
    package func bytes(_ text: String) -> [UInt8]? {
        switch self {
        case .hex: Hex.bytes(text)
        case .base64: Data(base64Encoded: text).map(Array.init)
        }
    }
}

/// Why a delivery is not taken for genuine. All of them mean the same to its sender: 401.
package enum HookSignatureError: Error, Sendable, Equatable {
    case missing(String)
    case malformed(String)
    /// The timestamp is too far from now, so this may be an old delivery sent again.
    case stale
    case mismatch
}
