// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Common
import Crypto
import Domain
import Foundation
import Orchestration
import Postgres
import Redis
import Store

/// What the orchestrator reads from its configuration beside what every daemon does.
struct Settings {
    let databaseURL: Secret<String>
    let ownerURL: Secret<String>
    let poolSize: Int
    let internalKey: Secret<String>
    let loggingURL: BaseURL
    /// Daemons of the suite beside this one and logging-svc.
    let peers: [DaemonRoster.Peer]
    /// Nil when wakes go over the database.
    let redis: RedisConfiguration?
    let signingKey: Curve25519.Signing.PrivateKey
    /// Bytes of an upload.
    let artifactLimit: Int
    let sessionLife: Duration
    /// The folder of the built dashboard; nil when none is served.
    let dashboardFolder: String?
    let policy: PolicyGate
    var orchestrator = Orchestrator.Settings()
    /// Of the embedded engine, where there is one.
    var engine = RunEngine.Settings()

    init(_ configuration: Configuration) throws {
        databaseURL = configuration.secret("DATABASE_URL")
        ownerURL = configuration.optionalSecret("DATABASE_OWNER_URL") ?? databaseURL
        poolSize = configuration.int("DATABASE_POOL_SIZE")
        internalKey = configuration.secret("INTERNAL_KEY")
        loggingURL = try BaseURL(configuration.string("LOGGING_SVC_URL"))
        peers = try configuration.strings("SUITE_PEERS").map { try DaemonRoster.Peer($0) }
        redis = try configuration.optionalSecret("REDIS_URL").map { try RedisConfiguration(url: $0.reveal()) }
        signingKey = try Self.signingKey(configuration)
        artifactLimit = configuration.int("ARTIFACT_MAX_BYTES")
        sessionLife = .seconds(configuration.double("SESSION_HOURS") * 3600)
        dashboardFolder = configuration.optionalString("DASHBOARD_DIR")
        policy = PolicyGate(isExternalWriteOff: configuration.bool("POLICY_KILL_SWITCH_EXTERNAL_WRITE"))
        orchestrator.lanes = configuration.int("EVENT_WRITE_LANES")
        orchestrator.headPeriod = configuration.seconds("HEAD_SIGNING_SECONDS")
        orchestrator.deadLetters = configuration.int("INCIDENT_DEAD_LETTERS")
        orchestrator.deadLetterWindow = .seconds(60 * configuration.int("INCIDENT_DEAD_LETTER_MINUTES"))
        orchestrator.hasEngine = configuration.string("DESKTOP_RUNNER_MODE") == "embedded"
        engine.concurrency = configuration.int("WORKER_CONCURRENCY")
        engine.drain = max(.seconds(1), configuration.seconds("SHUTDOWN_GRACE_SECONDS") - .seconds(5))
    }

    /// The Ed25519 seed from the key itself or from the file that holds it.
    static func signingKey(_ configuration: Configuration) throws -> Curve25519.Signing.PrivateKey {
        let text: String
        if let key = configuration.optionalSecret("EVENT_SIGNING_KEY") {
            text = key.reveal()
        } else {
            let path = configuration.string("EVENT_SIGNING_KEY_FILE")
            guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw SettingsError.unreadableKeyFile
            }
            text = contents.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let seed = Data(base64Encoded: text),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw SettingsError.malformedKey }
        return key
    }

    /// The daemon's own connections: a role that owns nothing, and limits that end what hangs.
    var database: PostgresConfiguration {
        var database = PostgresConfiguration(url: databaseURL.reveal())
        database.poolSize = poolSize
        database.applicationName = OrchestratorService.daemonName
        database.role = OrchestratorSchema.appRole
        database.searchPath = OrchestratorSchema.name
        database.statementTimeout = .seconds(30)
        database.idleInTransactionTimeout = .seconds(10)
        database.sessionSettings = OrchestratorSchema.sessionSettings
        return database
    }

    /// A pool for the commands that read everything: few connections, no time limit.
    static func commandDatabase(_ url: Secret<String>, role: String?) -> PostgresConfiguration {
        var database = PostgresConfiguration(url: url.reveal())
        database.poolSize = 1
        database.applicationName = OrchestratorService.daemonName + "-command"
        database.role = role
        database.searchPath = OrchestratorSchema.name
        return database
    }
}

/// A configuration that only shows to be unusable when it is used.
enum SettingsError: Error, CustomStringConvertible {
    case unreadableKeyFile
    case malformedKey

    var description: String {
        switch self {
        case .unreadableKeyFile: "EVENT_SIGNING_KEY_FILE names a file that cannot be read"
        case .malformedKey: "the event signing key is not 32 bytes in base64"
        }
    }
}
