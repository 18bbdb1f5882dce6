// SPDX-License-Identifier: Apache-2.0

package import Common

/// What the server shell needs to know; every daemon has the same keys for it.
package struct ServerSettings: Sendable {
    package var host: String
    /// 0 lets the system choose; the chosen one is in the `listening` line and in the file that `PORT_FILE` names.
    package var port: Int
    package var people: People
    package var internalKey: Secret<String>
    package var allowedOrigins: [String]
    package var trustedProxies: [String]
    package var bodyLimit: Int
    package var requestTimeout: Duration
    package var shutdownGrace: Duration

    package init(
        host: String = "127.0.0.1", port: Int = 0, people: People, internalKey: Secret<String>,
        allowedOrigins: [String] = [], trustedProxies: [String] = [],
        bodyLimit: Int = 1_048_576, requestTimeout: Duration = .seconds(30), shutdownGrace: Duration = .seconds(20)
    ) {
        self.host = host
        self.port = port
        self.people = people
        self.internalKey = internalKey
        self.allowedOrigins = allowedOrigins
        self.trustedProxies = trustedProxies
        self.bodyLimit = bodyLimit
        self.requestTimeout = requestTimeout
        self.shutdownGrace = shutdownGrace
    }

    /// Throws when the people of the configuration cannot be told apart.
    package init(_ configuration: Configuration) throws(PeopleError) {
        self.init(
            host: configuration.string("HOST"), port: configuration.int("PORT"),
            people: try People(configuration), internalKey: configuration.secret("INTERNAL_KEY"),
            allowedOrigins: configuration.strings("WS_ALLOWED_ORIGINS"),
            trustedProxies: configuration.strings("TRUSTED_PROXIES"), bodyLimit: configuration.int("MAX_BODY_BYTES"),
            requestTimeout: configuration.seconds("REQUEST_TIMEOUT_SECONDS"),
            shutdownGrace: configuration.seconds("SHUTDOWN_GRACE_SECONDS"))
    }
}
