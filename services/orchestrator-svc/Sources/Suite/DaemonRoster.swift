// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import HTTPTypes
import Orchestration
import Synchronization

/// The daemons of the suite: asks all of them at once how they are.
///
/// Each is given a bounded time of its own, so that one that hangs holds up nobody beyond that. Callers that come together
/// share one round.
package final class DaemonRoster: Sendable {
    /// A daemon that is asked over HTTP.
    package struct Peer: Sendable {
        package let name: String
        package let baseURL: BaseURL

        package init(name: String, baseURL: BaseURL) {
            self.name = name
            self.baseURL = baseURL
        }

        /// Reads `name=address`, as SUITE_PEERS lists them.
        package init(_ text: String) throws(HTTPCallError) {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw .malformed("not of the form name=address") }
            self.init(name: String(parts[0]), baseURL: try BaseURL(String(parts[1])))
        }
    }

    private let own: @Sendable () async -> DaemonView
    private let clients: [ServiceClient]
    private let turn = Permits(1)
    private let latest = Mutex<(time: ContinuousClock.Instant, view: DaemonsView)?>(nil)

    /// An answer that is younger is given again.
    private static let freshness = Duration.seconds(1)
    private static let answerLimit = 1024 * 1024

    /// - Parameters:
    ///   - peers: Those to ask, in this order; one that is named twice by its address is asked once.
    ///   - patience: How long each may take.
    ///   - own: What the daemon says of itself.
    package init(
        peers: [Peer], credential: ServiceCredential, patience: Duration = .seconds(3),
        own: @escaping @Sendable () async -> DaemonView
    ) {
        var known: Set<BaseURL> = []
        clients = peers.filter { known.insert($0.baseURL).inserted }.map { peer in
            ServiceClient(
                peer: peer.name, baseURL: peer.baseURL, credential: credential,
                limits: .init(deadline: patience, answerBytes: Self.answerLimit, retries: .never))
        }
        self.own = own
    }

    /// How every daemon is. Throws only when the task is cancelled.
    package func view() async throws -> DaemonsView {
        try await turn.withPermit {
            if let latest = latest.withLock({ $0 }), ContinuousClock.now - latest.time < Self.freshness {
                return latest.view
            }
            let view = DaemonsView(daemons: await ask())
            // Half-finished answers are nobody else's.
            try Task.checkCancellation()
            latest.withLock { $0 = (.now, view) }
            return view
        }
    }

    private func ask() async -> [DaemonView] {
        await withTaskGroup(of: (Int, DaemonView).self) { group in
            group.addTask { [own] in (0, await own()) }
            for (position, client) in clients.enumerated() {
                group.addTask { (position + 1, await PeerInquiry(client: client).view()) }
            }
            var rows: [(Int, DaemonView)] = []
            for await row in group { rows.append(row) }
            return rows.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

/// Asks one daemon what it says of itself.
private struct PeerInquiry: Sendable {
    let client: ServiceClient

    /// What one question led to.
    private enum Answer: Sendable {
        case value(JSONValue)
        case failure(HTTPCallError)
    }

    func view() async -> DaemonView {
        async let asked = (ask("/health"), ask("/ready"), ask("/config/validate"))
        let checkedAt = Timestamp.now()
        let (health, ready, configuration) = await asked
        func view(_ answers: DaemonView.Answers?, _ detail: String?) -> DaemonView {
            DaemonView(
                name: client.peer, url: client.baseURL.description, answers: answers, checkedAt: checkedAt,
                detail: detail)
        }
        guard case .value(let value) = health, let version = value["version"]?.string,
            let uptime = value["uptime_seconds"]?.int
        else { return view(nil, words(health, "/health")) }
        let readiness = readiness(ready)
        let report = report(configuration)
        let missing = [
            readiness == nil ? words(ready, "/ready") : nil,
            report == nil ? words(configuration, "/config/validate") : nil,
        ].compactMap(\.self)
        return view(
            DaemonView.Answers(
                version: version, uptimeSeconds: uptime, readiness: readiness, configuration: report),
            missing.isEmpty ? nil : missing.joined(separator: " "))
    }

    private func ask(_ path: String) async -> Answer {
        do {
            return .value(try await client.send(HTTPCall(.get, path)).json())
        } catch let error as HTTPCallError {
            return .failure(error)
        } catch {
            return .failure(.timeout("nobody waits any more"))
        }
    }

    /// A daemon that is not ready says so by a problem.
    private func readiness(_ answer: Answer) -> Readiness? {
        switch answer {
        case .value(let value): Readiness(value)
        case .failure(.problem(let problem, 503)): Readiness(.object(problem.details))
        case .failure: nil
        }
    }

    private func report(_ answer: Answer) -> ConfigReport? {
        guard case .value(let value) = answer else { return nil }
        return ConfigReport(value)
    }

    private func words(_ answer: Answer, _ path: String) -> String {
        switch answer {
        case .value: "\(client.peer) does not answer \(path) as a daemon of Tutti does."
        case .failure(let error) where error.status == 401 || error.status == 403:
            "\(client.peer) does not take the suite's INTERNAL_KEY at \(path)."
        case .failure(let error): error.asProblem(of: client.peer).message
        }
    }
}
