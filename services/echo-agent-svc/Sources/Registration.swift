// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import Logging
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Tells the orchestrator that this agent is there, and keeps telling it.
///
/// The agent works without: an orchestrator that is not there yet, or restarts, or has lost its registry, is told
/// again.
final class Registration: Service {
    private let name = "echo"
    private let heartbeat = 10
    private let concurrency = 256
    private let orchestrator: ServiceClient
    private let endpoint: String?
    private let host: String
    private let listening: ListeningPort
    private let authenticator: Authenticator
    private let redactor: Redactor
    private let logger: Logger
    private let isRegistered = Mutex(false)
    private let pauses = RetryPolicy(tries: .max, firstPause: .milliseconds(500), longestPause: .seconds(30))

    init(_ daemon: Daemon) throws {
        let configuration = daemon.configuration
        orchestrator = ServiceClient(
            peer: "orchestrator-svc", baseURL: try BaseURL(configuration.string("ORCHESTRATOR_SVC_URL")),
            credential: .internalKey(daemon.settings.internalKey, service: daemon.name))
        endpoint = configuration.optionalString("AGENT_ENDPOINT_URL")
        host = daemon.settings.host
        listening = daemon.listening
        authenticator = daemon.authenticator
        redactor = daemon.redactor
        logger = daemon.logger
        // It will be told the same when it is registered; until then nobody who was told to call it must be turned away.
        let token = AgentToken.make(agent: name, internalKey: daemon.settings.internalKey)
        redactor.register(token)
        authenticator.accept(token, as: Principal(.service, "orchestrator-svc"))
    }

    /// Throws until the orchestrator knows the agent: before that no run reaches it.
    func check() throws {
        guard isRegistered.withLock({ $0 }) else {
            throw Problem(.unavailable, "The orchestrator has not registered this agent yet.")
        }
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                let port = try await self.listening.wait()
                while true {
                    try await self.register(self.endpoint ?? "http://\(self.host):\(port)")
                    try await self.beat()
                }
            }
        } catch is CancellationError {
            // A daemon that stops returns from its services without an error.
        }
    }

    /// Registers, however often it takes.
    private func register(_ base: String) async throws {
        let definition: JSONValue = [
            "kind": "http", "endpoint": .string(base.hasSuffix("/") ? base + "echo" : base + "/echo"),
            "description": "Mirrors a message, for trying things out.", "input_schema": EchoInput.bodySchema,
            "concurrency": JSONValue(concurrency), "heartbeat_seconds": JSONValue(heartbeat),
        ]
        var attempt = 0
        while true {
            attempt += 1
            do {
                let answer = try await orchestrator.send(HTTPCall(.put, "/agents/\(name)", json: definition)).json()
                guard let token = answer["token"]?.string else { throw HTTPCallError.malformed("no token") }
                redactor.register(Secret(token))
                authenticator.accept(Secret(token), as: Principal(.service, "orchestrator-svc"))
                isRegistered.withLock { $0 = true }
                logger.info("registered", metadata: ["agent": .string(name)])
                return
            } catch let error as HTTPCallError {
                // The first failure is worth a line, and then one now and again.
                if attempt == 1 || attempt.isMultiple(of: 20) {
                    logger.warning(
                        "The orchestrator did not register the agent; it is asked again.", error: error,
                        metadata: ["attempt": .stringConvertible(attempt)])
                }
                try await Task.sleep(for: pauses.pause(afterTry: min(attempt, 20)))
            }
        }
    }

    /// Reports for as long as the orchestrator knows the agent; returns when it does not.
    private func beat() async throws {
        while true {
            try await Task.sleep(for: .seconds(heartbeat))
            do {
                _ = try await orchestrator.send(HTTPCall(.post, "/agents/\(name)/heartbeat", isIdempotent: true))
            } catch let error as HTTPCallError {
                logger.warning("A heartbeat was not taken.", error: error)
                if error.status == 404 {
                    isRegistered.withLock { $0 = false }
                    return
                }
            }
        }
    }
}
