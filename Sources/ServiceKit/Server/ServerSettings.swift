// SPDX-License-Identifier: Apache-2.0

package import Common

/// What the server shell needs to know; every daemon has the same keys for it.
package struct ServerSettings: Sendable {
    package var host: String
    /// 0 lets the system choose; the chosen one is in the `listening` line and in the file that `PORT_FILE` names.
    package var port: Int
    package var user: String
    package var password: Secret<String>
    package var internalKey: Secret<String>
    package var allowedOrigins: [String]
    package var trustedProxies: [String]
    package var bodyLimit: Int
    package var requestTimeout: Duration
    package var shutdownGrace: Duration

    package init(
        host: String = "127.0.0.1", port: Int = 0, user: String = "admin", password: Secret<String>,
        internalKey: Secret<String>, allowedOrigins: [String] = [], trustedProxies: [String] = [],
        bodyLimit: Int = 1_048_576, requestTimeout: Duration = .seconds(30), shutdownGrace: Duration = .seconds(20)
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.internalKey = internalKey
        self.allowedOrigins = allowedOrigins
        self.trustedProxies = trustedProxies
        self.bodyLimit = bodyLimit
        self.requestTimeout = requestTimeout
        self.shutdownGrace = shutdownGrace
    }

    package init(_ configuration: Configuration) {
        self.init(
            host: configuration.string("HOST"), port: configuration.int("PORT"),
            user: configuration.string("BASIC_AUTH_USER"), password: configuration.secret("BASIC_AUTH_PASS"),
            internalKey: configuration.secret("INTERNAL_KEY"),
            allowedOrigins: configuration.strings("WS_ALLOWED_ORIGINS"),
            trustedProxies: configuration.strings("TRUSTED_PROXIES"), bodyLimit: configuration.int("MAX_BODY_BYTES"),
            requestTimeout: configuration.seconds("REQUEST_TIMEOUT_SECONDS"),
            shutdownGrace: configuration.seconds("SHUTDOWN_GRACE_SECONDS"))
    }
}
