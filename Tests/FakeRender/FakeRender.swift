// SPDX-License-Identifier: Apache-2.0

package import Common
import Synchronization

/// A server that stands in for Render's API: it keeps state in memory, has the traps that the real one has, and fails on
/// command.
///
/// It listens on the loopback interface only. Everything can be asked and changed from any task.
package final class FakeRender: Sendable {
    /// Called in the middle of every request that is a known operation.
    package typealias Hook = @Sendable (RecordedRequest, FakeMoment) async -> Void

    struct Book: Sendable {
        var requests: [RecordedRequest] = []
        /// How many came before the first of them.
        var forgotten = 0
        var violations: [String] = []
        var hook: Hook?
        var buckets = TokenBuckets()
        var limits: RateLimits?
    }

    package let settings: FakeRenderSettings
    /// What goes wrong.
    package let faults = Faults()
    let world: Mutex<World>
    let book: Mutex<Book>
    let oracle: SchemaOracle?

    /// Throws when the published document cannot be read.
    package init(_ settings: FakeRenderSettings = FakeRenderSettings()) throws {
        self.settings = settings
        world = Mutex(World(settings))
        book = Mutex(Book(limits: settings.limits))
        oracle = try settings.schemaPath.map { try SchemaOracle.at($0) }
    }

    /// Where the server is, such as `http://127.0.0.1:4711`; empty before it runs.
    package var origin: String { world.withLock { $0.origin } }

    /// What `RENDER_API_BASE_URL` is set to.
    package var baseURL: String { "\(origin)/v1" }

    package var token: Secret<String> { Secret(settings.token) }

    /// The first workspace, `tea-…`.
    package var ownerID: String { world.withLock { $0.ownerID } }

    /// Runs a server while `body` works, and ends it afterwards.
    package static func run<Value: Sendable>(
        _ settings: FakeRenderSettings = FakeRenderSettings(), _ body: (FakeRender) async throws -> Value
    ) async throws -> Value {
        let fake = try FakeRender(settings)
        return try await fake.serving { try await body(fake) }
    }

    /// The same with settings changed in place.
    package static func run<Value: Sendable>(
        _ change: (inout FakeRenderSettings) -> Void, _ body: (FakeRender) async throws -> Value
    ) async throws -> Value {
        var settings = FakeRenderSettings()
        change(&settings)
        return try await run(settings, body)
    }

    /// Is called before and after the effect of each request from now on: to edit something in the middle of an apply, or
    /// to end whoever applies. It may ask and change the fake.
    package func onRequest(_ hook: Hook?) { book.withLock { $0.hook = hook } }

    /// Sets the limits from now on, with full buckets.
    package func limit(_ limits: RateLimits?) {
        book.withLock { book in
            book.limits = limits
            book.buckets = TokenBuckets()
        }
    }

    /// The next that many reads after each write of a service show what the service was before.
    package func lag(reads: Int) { world.withLock { $0.lagReads = reads } }

    /// Takes every deploy that is under way one phase further.
    package func advance() {
        world.withLock { world in
            let running = world.deploys.values.filter { !$0.isFinished && $0.status != "queued" }
            for deploy in running { _ = world.step(deploy.id) }
        }
    }

    /// Takes every deploy to its end, and those that wait for them too.
    package func finishDeploys() {
        world.withLock { world in
            while let next = world.deploys.values.first(where: { !$0.isFinished && $0.status != "queued" }) {
                while world.step(next.id) {}
            }
        }
    }

    /// Moves the fake's own clock.
    package func pass(_ duration: Duration) {
        world.withLock { world in
            world.pass(duration)
            world.catchUp()
        }
    }
}
