// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Testing

@Suite struct ConfigSchemaTests {
    @Test func `what is compiled in is infra/config.schema.json`() throws {
        let file = try JSONValue.parse(PackageRoot.text("infra/config.schema.json"))
        #expect(ConfigSchema.document == file, "run scripts/generate")
        let generated = try PackageRoot.text("Sources/Common/Configuration/Generated/ConfigDocument.swift")
        let lines = try PackageRoot.text("infra/config.schema.json").split(separator: "\n")
        for line in lines { #expect(generated.contains(line), "run scripts/generate") }
    }

    @Test func `there is one definition for each daemon`() {
        #expect(
            ConfigSchema.services == [
                "echo-agent-svc", "engine-svc", "logging-svc", "orchestrator-svc", "renderctl-svc",
            ])
    }

    @Test(arguments: ConfigSchema.services)
    func `every key is described, and every default satisfies its own rule`(service: String) {
        let keys = ConfigSchema.keys(of: service)
        for key in keys {
            #expect(key.description.count > 10, "\(key.name)")
            #expect(key.name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x41...0x5A).contains($0) }, "\(key.name)")
            #expect(!(key.isRequired && key.defaultValue != nil), "\(key.name)")
            #expect(!(key.isSecret && key.defaultValue != nil), "\(key.name)")
        }
        let defaults = JSONObject(keys.compactMap { key in key.defaultValue.map { (key.name, $0) } })
        let broken = ConfigSchema.schema(of: service).validate(.object(defaults)).filter { $0.keyword != "required" }
        #expect(broken == [])
    }

    @Test func `secrets are marked`() {
        let secrets = Set(ConfigSchema.services.flatMap { ConfigSchema.keys(of: $0) }.filter(\.isSecret).map(\.name))
        #expect(
            secrets == [
                "BASIC_AUTH_PASS", "BASIC_AUTH_PEOPLE", "DATABASE_OWNER_URL", "DATABASE_URL", "EVENT_SIGNING_KEY",
                "INTERNAL_KEY", "REDIS_URL", "RENDER_API_TOKEN", "RENDER_FINGERPRINT_KEY",
            ])
    }

    @Test func `.env.example and the schema have the same keys`() throws {
        let names = try PackageRoot.text(".env.example").split(separator: "\n").compactMap { line -> String? in
            let text = line.hasPrefix("# ") ? line.dropFirst(2) : line
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let name = String(text[..<equals])
            return name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x41...0x5A).contains($0) } ? name : nil
        }
        let known = Set(ConfigSchema.services.flatMap { ConfigSchema.keys(of: $0).map(\.name) })
        #expect(Set(names) == known)
        #expect(names.count == known.count)
    }

    @Test func `.env.example shows the defaults that hold`() throws {
        let text = try PackageRoot.text(".env.example")
        for key in ConfigSchema.keys(of: "orchestrator-svc") {
            guard let value = key.defaultValue, value.array == nil else { continue }
            #expect(text.contains("# \(key.name)=\(value.string ?? value.text)\n"), "\(key.name)")
        }
    }
}
