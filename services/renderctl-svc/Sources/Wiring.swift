// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Crypto
import Logging
import Postgres
import Render
import RenderPlans
import Store

/// The key under which the ledger's fingerprints are made.
///
/// It keeps whoever gets a copy of the ledger from trying out passwords against it, and it has to be the same for as long as
/// the ledger is: under another key everything looks changed. So it is not made from RENDER_API_TOKEN, which is to be
/// exchanged now and then, nor from INTERNAL_KEY, which is too. Unless an operator keeps one outside the database
/// (RENDER_FINGERPRINT_KEY), the installation makes one for itself and keeps it beside the ledger: then nothing has to be
/// set up and nothing can be lost apart, at the price that a copy of the whole database holds both.
func fingerprintKey(_ settings: Settings, logger: Logger) async throws -> Secret<[UInt8]> {
    if let configured = settings.fingerprintKey {
        return Secret(Array(SHA256.hash(data: Array("tutti fingerprints ".utf8) + Array(configured.reveal().utf8))))
    }
    let fresh = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) }
    var database = settings.database("renderctl-svc")
    database.poolSize = 1
    let connection = try await PostgresConnection.connect(database, logger: logger)
    defer { connection.close() }
    return try await InstallationKeyStore.key("fingerprints", fresh: Secret(fresh), on: connection)
}

/// What an error means to a client.
func translateError(_ error: any Error) -> Problem? {
    switch error {
    case let error as RenderError: error.asProblem
    case let error as ApplyError: error.asProblem
    default: DatabaseProblem.of(error)
    }
}
