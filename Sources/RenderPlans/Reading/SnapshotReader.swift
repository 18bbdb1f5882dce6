// SPDX-License-Identifier: Apache-2.0

package import Blueprints
import Common
package import Render
import Synchronization

/// Reads what is live, as far as one blueprint and what was applied of it are concerned.
///
/// Lists first, all at once; then what each resource that matters is asked for by itself, a few at a time.
package struct SnapshotReader: Sendable {
    private let client: RenderClient
    private let concurrency: Int

    /// At most `concurrency` calls are made at once; the client paces them beside that.
    package init(client: RenderClient, concurrency: Int = 6) {
        self.client = client
        self.concurrency = max(1, concurrency)
    }

    /// A snapshot, and how many calls of the client it took. Without a blueprint only what was applied is read.
    package func read(
        ownerID: String, blueprint: Blueprint? = nil, applied: AppliedState
    ) async throws -> (snapshot: Snapshot, calls: Int) {
        let needs = SnapshotNeeds(blueprint, applied)
        let reading = SnapshotReading(client: client, needs: needs, ownerID: ownerID, concurrency: concurrency)
        let lists = try await reading.lists()
        var snapshot = reading.snapshot(of: lists, applied: applied)
        for detail in try await reading.details(of: snapshot) { detail.add(to: &snapshot) }
        return (snapshot, reading.calls.count)
    }
}

/// Counts calls from many tasks.
final class CallCounter: Sendable {
    private let calls = Mutex(0)

    var count: Int { calls.withLock { $0 } }

    /// Counts one call and makes it.
    func call<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        calls.withLock { $0 += 1 }
        return try await body()
    }
}

/// What was read of one resource by itself.
struct SnapshotDetail: Sendable {
    let address: ResourceAddress
    let add: @Sendable (inout LiveResource) -> Void

    func add(to snapshot: inout Snapshot) {
        guard var live = snapshot.resources[address] else { return }
        add(&live)
        snapshot.resources[address] = live
    }
}
