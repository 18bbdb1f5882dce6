// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension CanonicalField {
    /// With the registry and the tag that Docker takes when none is written.
    static func image(_ value: JSONValue) -> JSONValue {
        guard let url = value["url"]?.string, !url.isEmpty else { return .null }
        var image: JSONObject = ["url": .string(fullName(url))]
        if let credential = value["registryCredential"]?.string, !credential.isEmpty {
            image["registryCredential"] = .string(credential)
        }
        return .object(image)
    }

    /// The live image as the file would name it: Render adds the digest that a tag stood for at its last deploy.
    static func withoutDigest(_ image: JSONValue) -> JSONValue {
        guard var object = image.object, let url = object["url"]?.string, let at = url.firstIndex(of: "@") else {
            return image
        }
        object["url"] = .string(fullName(String(url[..<at])))
        return .object(object)
    }

    /// Whether what is wanted is live already.
    static func isSame(_ field: Field, wanted: JSONValue, live: JSONValue) -> Bool {
        if wanted == live { return true }
        guard field == .image, wanted["url"]?.string?.contains("@") == false else { return false }
        return wanted == withoutDigest(live)
    }

    private static func fullName(_ url: String) -> String {
        var name = url
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name.removeFirst(scheme.count) }
        var parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let first = parts.first ?? ""
        let hasRegistry = parts.count > 1 && (first.contains(".") || first.contains(":") || first == "localhost")
        if !hasRegistry {
            if parts.count == 1 { parts.insert("library", at: 0) }
            parts.insert("docker.io", at: 0)
        }
        let last = parts.last ?? ""
        if !last.contains(":"), !last.contains("@") { parts[parts.count - 1] = last + ":latest" }
        return parts.joined(separator: "/")
    }
}
