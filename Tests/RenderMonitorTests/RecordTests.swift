// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor
import Testing

/// Settings as text, and records as a store keeps them.
@Suite struct RecordTests {
    @Test func `entries without a mode are dry`() throws {
        let settings = try MonitorSettings(parsing: "web, api:fix ,srv-1:dry")
        #expect(settings.watched == ["web", "api", "srv-1"])
        #expect(settings.fixable == ["api"])
        #expect(try MonitorSettings(parsing: "  ").watched == nil)
        #expect(try MonitorSettings(entries: []).watched == nil)
    }

    @Test(arguments: [
        ("web,,api", 2, "names no service"), ("web,:fix", 2, "names no service"), ("web,web:fix", 2, "is named twice"),
        ("web:mend", 1, "has a mode other than fix and dry"), ("web:fix:dry", 1, "has more than one mode"),
        ("web,", 2, "names no service"),
    ])
    func `an entry that cannot be read is named`(text: String, position: Int, reason: String) throws {
        let error = #expect(throws: MonitorSettingsError.self) { try MonitorSettings(parsing: text) }
        #expect(error?.position == position)
        #expect(error?.reason == reason)
    }

    @Test func `a record survives being kept as JSON`() async throws {
        let bench = MonitorBench()
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("Vite writes dist, build is set"))
        bench.blueprint.fields.with { $0 = [:] }
        await monitor.tick()
        bench.end(.live)
        await monitor.tick()
        await monitor.tick()
        let record = try #require(try await bench.record())
        #expect(record.attempts.count == 1 && record.diagnoses.count == 1 && record.lastProbe != nil)
        #expect(ServiceRecord(json: record.json) == record)
        let text = JSONValue.object(record.json).bytes
        let read = try #require(try JSONValue.parse(text).object)
        #expect(ServiceRecord(json: read) == record)
        #expect(ServiceRecord(json: ["service_id": "srv-1"]) == nil)
    }

    @Test func `of two writers the second is told`() async throws {
        let ledger = InMemoryMonitorLedger()
        let record = ServiceRecord(serviceID: "srv-1", name: "a", type: "static_site", ownerID: "tea-1")
        #expect(try await ledger.save(record))
        #expect(try await ledger.save(record) == false)
        #expect(try await ledger.record(serviceID: "srv-1")?.revision == 1)
    }

    @Test(arguments: [
        "postgres://app:hunter2@db/app", "DATABASE_PASSWORD=hunter2", "Authorization: Bearer hunter2hunter2",
        "using token ghp_hunter2hunter2hunter2", "{\"api_key\":\"x\",SECRET_KEY:hunter2}",
        "{\"password\": \"hunter2\"}", "password: hunter2", "API_KEY = 'hunter2'", "npm publish --token hunter2",
        "GET https://api.example.com/deploy/srv-1?key=hunter2&x=1", "curl https://x.example?a=1&access_token=hunter2",
        "Authorization: \"Bearer hunter2\"", "AccountKey=hunter2==;x", "to\u{200D}ken: hunter2",
        "MIIEpAIBAAKCAQEAhunter2Bx9QmZ3vKq7LwT4hunter2",
    ])
    func `evidence shows no credential`(line: String) throws {
        var log = try MonitorBench.log("a build that fails without a known word")
        log = RecordedLog(
            name: "x", build: log.build, publish: log.publish, signature: nil, action: .person,
            text: "==> Running build command 'x'...\n\(line)\n==> Exited with status 1")
        let diagnosis = try #require(Diagnoser().diagnose(log.subject, at: RecordedLog.start))
        let shown = diagnosis.evidence.map(\.text).joined(separator: "\n")
        #expect(shown.contains("••••"))
        #expect(!shown.contains("hunter2"))
    }

    @Test(arguments: [
        "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "error: failed to compute cache key: failed to calculate",
        "/opt/render/project/src/src/components/VeryLongNameOfOne2Thing3Or4Another/index.tsx",
        "dist/assets/index-DiwrgTda.css    1.39 kB", "Duplicate key: a",
        "==> Checking out commit 0123456789abcdef in branch main",
    ])
    func `evidence shows what is no credential`(line: String) throws {
        let log = RecordedLog.site("x", isMissing: false, "exited_status", .person, line + "\n==> Exited with status 1")
        let diagnosis = Diagnoser().diagnose(log.subject, at: RecordedLog.start)
        #expect(diagnosis?.evidence.contains { $0.text == line } == true)
    }

    @Test func `settings are told without credentials, and put back with them`() throws {
        let change = FieldChange(
            .buildCommand, from: "NPM_TOKEN=hunter2 npm ci", to: "npm ci", source: .table, reason: "x")
        let fix = Fix([change], confidence: .high)
        #expect("\(fix.json)".contains("hunter2"))
        #expect(change.shown.old == "NPM_TOKEN=•••• npm ci" && change.shown.new == "npm ci")
    }

    @Test func `what the process knows to be secret is masked in evidence`() throws {
        let redactor = Redactor([Secret("correct-horse")])
        let log = RecordedLog(
            name: "x", build: "make", publish: "dist", signature: nil, action: .person,
            text: "==> Running build command 'x'...\nit says correct-horse\n==> Exited with status 1")
        let diagnosis = Diagnoser(redact: { redactor.redact($0) }).diagnose(log.subject, at: RecordedLog.start)
        #expect(diagnosis?.evidence.contains { $0.text == "it says ••••" } == true)
    }
}
