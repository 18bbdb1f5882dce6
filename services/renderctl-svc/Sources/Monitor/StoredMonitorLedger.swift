// SPDX-License-Identifier: Apache-2.0

import Common
import RenderMonitor
import Store

/// What the monitor remembers, in the database: a record for each service, kept only over the one that was read.
struct StoredMonitorLedger: MonitorLedger {
    let store: MonitorMemoryStore
    private static let kind = "service"
    /// Records that are kept: more than a workspace has services.
    private static let most = 2000

    func record(serviceID: String) async throws -> ServiceRecord? {
        try await store.entry(Self.kind, key: serviceID).flatMap(Self.record)
    }

    func records() async throws -> [ServiceRecord] {
        try await store.entries(Self.kind, limit: Self.most).compactMap(Self.record)
            .sorted { $0.serviceID < $1.serviceID }
    }

    func save(_ record: ServiceRecord) async throws -> Bool {
        try await store.save(
            Self.kind, key: record.serviceID, record.json, over: Int64(record.revision), most: Self.most)
    }

    /// The row's revision is the one that counts.
    private static func record(_ entry: MonitorMemoryStore.Entry) -> ServiceRecord? {
        guard var record = ServiceRecord(json: entry.body) else { return nil }
        record.revision = Int(entry.revision)
        return record
    }
}
