// SPDX-License-Identifier: Apache-2.0

package import Common

/// What the monitor sees, has found and has done: the answer of `GET /render/monitor`.
package struct MonitorStatus: Sendable {
    package struct Service: Sendable {
        package var record: ServiceRecord
        package var isFixable: Bool
        /// What was seen at the last look, in words.
        package var note: String?
        package var checkedAt: Timestamp?
        /// Fixes that may still be tried within a day.
        package var attemptsLeft: Int
        package var isDeferred: Bool
    }

    package var services: [Service]
    /// Entries of the settings that no service of the workspaces goes by.
    package var missing: [String]
    package var lastReport: TickReport?
    package var nextAt: Timestamp?
    /// Calls that are left in this minute.
    package var left: CallCounts
    package var settings: MonitorSettings

    package var json: JSONObject {
        var object: JSONObject = [
            "services": .array(services.map { .object($0.json) }),
            "missing": .array(missing.map { .string($0) }),
            "budgets": [
                "reads_per_minute": JSONValue(settings.readsPerMinute), "reads_left": JSONValue(left.reads),
                "log_reads_per_minute": JSONValue(settings.logReadsPerMinute),
                "log_reads_left": JSONValue(left.logReads),
                "fixes_per_day": JSONValue(settings.fixesPerDay),
            ],
        ]
        object["last_look"] = lastReport.map { .object($0.json) }
        object["next_at"] = nextAt.map { .string($0.description) }
        return object
    }
}

extension MonitorStatus.Service {
    /// What was done about the deploy that was seen last, or would be.
    package var action: String {
        if let attempt = record.attempts.first(where: { attempt in
            attempt.failedDeployID == record.lastDeploy?.id || attempt.deployID == record.lastDeploy?.id
        }) {
            return switch attempt.state {
            case .intended, .patched, .deploying: "fixing"
            case .reverting: "reverting"
            case .succeeded: "fixed"
            case .reverted: "reverted"
            case .kept: "partly_fixed"
            case .abandoned: "abandoned"
            }
        }
        guard let diagnosis = record.current else { return "none" }
        if diagnosis.patch != nil { return "patch_proposed" }
        guard diagnosis.proposed != nil else { return "told" }
        return diagnosis.whyNotFixed == nil && isFixable && diagnosis.heldBack == nil ? "fixing" : "proposed"
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "id": .string(record.serviceID), "name": .string(record.name), "type": .string(record.type),
            "mode": .string(isFixable ? "fix" : "dry"), "action": .string(action),
            "attempts_left": JSONValue(attemptsLeft), "deferred": .bool(isDeferred),
            "attempts": .array(record.attempts.map { .object($0.shown.json) }),
            "earlier_diagnoses": .array(
                record.diagnoses.filter { $0.id != record.current?.id }.map { .object($0.shown.json) }),
        ]
        object["last_deploy"] = record.lastDeploy.map { .object($0.json) }
        object["diagnosis"] = record.current.map { .object($0.shown.json) }
        object["probe"] = record.lastProbe.map { .object($0.json) }
        object["roll_back_to"] = record.current == nil ? nil : record.lastLiveDeployID.map { .string($0) }
        object["note"] = note.map { .string($0) }
        object["checked_at"] = checkedAt.map { .string($0.description) }
        return object
    }
}

extension RenderMonitor {
    /// What is known now, from the ledger and the last look. Calls Render for nothing.
    package func status() async throws -> MonitorStatus {
        let day = now() + .seconds(-86_400)
        let records = try await ports.ledger.records().filter { settings.isWatched(id: $0.serviceID, name: $0.name) }
        let services = records.map { record in
            let recent = record.attempts.filter { $0.startedAt > day }
            return MonitorStatus.Service(
                record: record, isFixable: settings.isFixable(id: record.serviceID, name: record.name),
                note: notes[record.serviceID], checkedAt: checkedAt[record.serviceID],
                attemptsLeft: max(0, settings.fixesPerDay - recent.count),
                isDeferred: deferred.contains(record.serviceID))
        }
        return MonitorStatus(
            services: services, missing: missing, lastReport: lastReport,
            nextAt: lastReport.map { $0.at + $0.nextIn }, left: render.left, settings: settings)
    }
}
