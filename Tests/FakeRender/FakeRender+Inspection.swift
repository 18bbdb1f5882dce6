// SPDX-License-Identifier: Apache-2.0

package import Common
import Synchronization

extension FakeRender {
    /// The fake's time.
    package var now: Timestamp { world.withLock { $0.now } }
    package var services: [FakeService] { world.withLock { $0.services.values } }
    package var databases: [FakeDatabase] { world.withLock { $0.databases.values } }
    package var keyValues: [FakeKeyValue] { world.withLock { $0.keyValues.values } }
    package var envGroups: [FakeEnvGroup] { world.withLock { $0.envGroups.values } }
    package var projects: [FakeProject] { world.withLock { $0.projects.values } }
    package var environments: [FakeEnvironment] { world.withLock { $0.environments.values } }
    /// The oldest first.
    package var deploys: [FakeDeploy] { world.withLock { $0.deploys.values } }
    package var events: [FakeEvent] { world.withLock { $0.events } }

    /// The first service of that name.
    package func service(named name: String) -> FakeService? { services.first { $0.name == name } }

    package func service(_ id: String) -> FakeService? { world.withLock { $0.services[id] } }

    /// The deploys of a service, the oldest first.
    package func deploys(of service: String) -> [FakeDeploy] { deploys.filter { $0.serviceID == service } }

    /// The variables set on a service itself.
    package func env(service id: String) -> [String: Secret<String>] {
        Dictionary(
            world.withLock { $0.services[id]?.env ?? [] }.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    package func env(group id: String) -> [String: Secret<String>] {
        Dictionary(
            world.withLock { $0.envGroups[id]?.env ?? [] }.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// What a service has printed, in the order in which it happened.
    package func log(of service: String) -> [String] {
        world.withLock { world in
            world.logs.filter { $0.serviceID == service }.sorted { $0.time < $1.time }.map(\.text.message)
        }
    }

    /// Names that more than one thing of a kind has: what a client made twice.
    package var duplicates: [String] {
        let names =
            services.map { "service \($0.name)" } + databases.map { "postgres \($0.name)" }
            + keyValues.map { "key value \($0.name)" } + envGroups.map { "environment group \($0.name)" }
            + projects.map { "project \($0.name)" }
        return Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    }

    /// The names of services whose newest deploy, beside those that were called off, was begun with other variables than
    /// the service has now, by itself and from groups.
    package var outdated: [String] {
        world.withLock { world in
            world.services.values.filter { service in
                let newest = world.deploys.values.last { $0.serviceID == service.id && $0.status != "canceled" }
                return newest.map { $0.environment != world.environment(of: service) } ?? true
            }.map(\.name)
        }
    }

    /// Every request so far, the oldest first.
    package var requests: [RecordedRequest] { book.withLock { $0.requests } }

    /// How many requests of each operation there were.
    package var counts: [String: Int] {
        requests.reduce(into: [:]) { counts, request in counts[request.operation ?? "unknown", default: 0] += 1 }
    }

    package func count(_ operation: String) -> Int { counts[operation] ?? 0 }

    /// Forgets the requests so far.
    package func forgetRequests() {
        book.withLock { book in
            book.forgotten += book.requests.count
            book.requests = []
        }
    }

    /// Ways in which answers of the fake broke the published document: faults of the fake itself.
    package var schemaViolations: [String] { book.withLock { $0.violations } }
}
