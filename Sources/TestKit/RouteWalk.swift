// SPDX-License-Identifier: Apache-2.0

package import API
package import Common
import HTTPTypes

/// Knocks at every route of a catalogue without credentials, with wrong ones, and with those of the wrong kind of
/// caller.
package struct RouteWalk: Sendable {
    private let baseURL: BaseURL
    private let password: Secret<String>
    private let internalKey: Secret<String>

    /// - Parameters:
    ///   - password: Of the person `admin`.
    package init(baseURL: BaseURL, password: Secret<String>, internalKey: Secret<String>) {
        self.baseURL = baseURL
        self.password = password
        self.internalKey = internalKey
    }

    /// What did not behave: one line for each knock that was let in, or refused with another status than it should be.
    package func faults(_ catalogue: [AnyEndpoint]) async throws -> [String] {
        var faults: [String] = []
        let wrongKey = Secret("wrong" + internalKey.reveal())
        let wrongPassword = BasicCredentials.header(user: "admin", password: Secret("wrong" + password.reveal()))
        let person = BasicCredentials.header(user: "admin", password: password)
        for endpoint in catalogue {
            var knocks: [(String, HTTPFields, Set<Int>)] = []
            if endpoint.access.isPublic {
                // Probes read the daemon's state, so it may be 503; it is never a question of credentials.
                knocks = [
                    ("no credentials", [:], [200, 503]),
                    ("a wrong password", [.authorization: wrongPassword], [200, 503]),
                ]
            } else {
                // Many wrong ones in a row are also told to wait.
                knocks = [
                    ("no credentials", [:], [401]),
                    ("a wrong password", [.authorization: wrongPassword], [401, 429]),
                    ("a wrong key", [.internalKey: wrongKey.reveal()], [401, 429]),
                    ("a wrong token", [.authorization: "Bearer wrong"], [401, 429]),
                    ("a strange scheme", [.authorization: "Digest x"], [401]),
                ]
                if !endpoint.access.audiences.contains(.human) {
                    knocks.append(("a person", [.authorization: person], [403, 429]))
                }
                if !endpoint.access.audiences.contains(.internal) {
                    knocks.append(("a daemon", [.internalKey: internalKey.reveal()], [403, 429]))
                }
            }
            for (who, headers, expected) in knocks {
                let status = try await knock(endpoint, headers)
                if !expected.contains(status) {
                    faults.append("\(endpoint.method.rawValue) \(endpoint.path) answered \(status) to \(who)")
                }
            }
        }
        return faults
    }

    private func knock(_ endpoint: AnyEndpoint, _ headers: HTTPFields) async throws -> Int {
        let path = endpoint.path.segments.reduce(into: "") { path, segment in
            switch segment {
            case .literal(let text): path += "/" + text
            case .parameter: path += "/x"
            }
        }
        let client = ServiceClient(
            peer: "daemon", baseURL: baseURL, credential: .none, limits: .init(retries: .never))
        do {
            return try await client.send(HTTPCall(endpoint.method, path, headers: headers)).status
        } catch let error as HTTPCallError {
            guard let status = error.status else { throw error }
            return status
        }
    }
}
