// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Synchronization

/// The way to Render: its client, if there is a token, and the workspace that is worked on.
struct RenderDoor: Sendable {
    /// Shared by copies.
    private final class Memory: Sendable {
        let owners = Mutex<[RenderOwner]?>(nil)
        let reach = Mutex<(at: ContinuousClock.Instant, problem: Problem?)?>(nil)
    }

    private let known: RenderClient?
    /// Somebody waits for the answer of a request: who is to come back later hears so before that person gives up.
    private let prompt: RenderClient?
    private static let patience = Duration.seconds(8)
    /// The one workspace that is worked on; nil for every one that the token reaches.
    let configuredOwner: String?
    private let memory = Memory()
    private static let reachFreshness = Duration.seconds(30)

    init(client: RenderClient?, ownerID: String?) {
        known = client
        prompt = client?.waiting(Self.patience)
        configuredOwner = ownerID
    }

    var isConfigured: Bool { known != nil }

    /// What everything that needs Render begins with; says what to set when there is no token.
    func client() throws(Problem) -> RenderClient { try present(prompt) }

    /// The same for work that goes on by itself, and waits for limits as long as it takes.
    func patientClient() throws(Problem) -> RenderClient { try present(known) }

    private func present(_ client: RenderClient?) throws(Problem) -> RenderClient {
        guard let client else {
            throw Problem(
                .unavailable, "There is no key of Render's API. Set RENDER_API_TOKEN and start the daemon again.",
                code: "render_not_configured")
        }
        return client
    }

    /// The workspace of a request that names `wanted` or none.
    func owner(_ wanted: String?) async throws -> String {
        if let configuredOwner {
            guard wanted == nil || wanted == configuredOwner else {
                throw Problem.invalid("owner_id", "is not the workspace that RENDER_OWNER_ID names")
            }
            return configuredOwner
        }
        let owners = try await owners()
        if let wanted {
            guard owners.contains(where: { $0.id == wanted }) else {
                throw Problem.invalid("owner_id", "is no workspace that the token reaches")
            }
            return wanted
        }
        guard owners.count == 1, let only = owners.first else {
            let names = owners.prefix(20).map { "\($0.id) (\($0.name))" }.joined(separator: ", ")
            throw Problem.invalid("owner_id", "name one of the workspaces that the token reaches: \(names)")
        }
        return only.id
    }

    /// The service of that id; one of another workspace than the configured one does not exist.
    func service(_ id: String) async throws -> RenderService {
        let service = try await client().service(id)
        if let configuredOwner, service.ownerID != configuredOwner { throw Problem.notFound("service", id) }
        return service
    }

    /// Throws, in words for `/ready`, when Render cannot be asked.
    func checkReachable() async throws {
        guard let known else { throw Problem(.unavailable, "No key: set RENDER_API_TOKEN.") }
        // Whoever watches over the daemon asks every few seconds; Render's limits are for work.
        if let last = memory.reach.withLock({ $0 }), ContinuousClock.now - last.at < Self.reachFreshness {
            if let problem = last.problem { throw problem }
            return
        }
        var problem: Problem?
        do {
            _ = try await known.waiting(Self.patience).owners()
        } catch let error as RenderError {
            problem = error.asProblem
        }
        let found = problem
        memory.reach.withLock { $0 = (.now, found) }
        if let found { throw found }
    }

    private func owners() async throws -> [RenderOwner] {
        if let owners = memory.owners.withLock({ $0 }) { return owners }
        let owners = try await client().owners()
        memory.owners.withLock { $0 = owners }
        return owners
    }
}
