// SPDX-License-Identifier: Apache-2.0

package import Common
package import Logging

/// Render's REST API, the part of it that is used.
///
/// Every list is read to its end. Paces itself by the API's limits (`RenderPaces`), and repeats what may be repeated. A
/// POST whose outcome is not known is never repeated: it throws `RenderError.outcomeUnknown`, and whoever asked looks first
/// (`settle`). Throws `RenderError`, and `CancellationError` when the task is cancelled. Copies share their paces.
package struct RenderClient: Sendable {
    /// How far one call goes.
    package struct Limits: Sendable {
        /// Tries of a call that may be repeated, the first included; waits for a limit do not count.
        package var tries: Int
        /// How often one call may be told that there are too many, before that is what its caller is told.
        package var refusals: Int
        /// The time for one call with everything that it waits for.
        package var patience: Duration
        /// The time for one try.
        package var deadline: Duration
        /// Pages of one list.
        package var pages: Int
        /// The pauses between tries.
        package var pauses: RetryPolicy
        /// The pauses between looks for something whose creation is in doubt: lists lag behind what was made.
        package var looks: [Duration]

        package init(
            tries: Int = 4, refusals: Int = 5, patience: Duration = .seconds(300), deadline: Duration = .seconds(30),
            pages: Int = 200, pauses: RetryPolicy = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(20)),
            looks: [Duration] = [.seconds(1), .seconds(3), .seconds(6)]
        ) {
            self.tries = max(1, tries)
            self.refusals = refusals
            self.patience = patience
            self.deadline = deadline
            self.pages = pages
            self.pauses = pauses
            self.looks = looks
        }
    }

    /// The address of Render's own API.
    package static let address = "https://api.render.com/v1"

    let transport: any RenderTransport
    /// How fast it calls; for other clients of the same key.
    package let paces: RenderPaces
    private(set) var limits: Limits
    let logger: Logger
    let redactor: Redactor

    /// The same client for whoever waits so long for one call and no longer; the pace stays shared. A limit that leaves no
    /// token in that time is told at once.
    package func waiting(_ patience: Duration) -> RenderClient {
        var client = self
        client.limits.patience = patience
        return client
    }

    /// For who would begin nothing that cannot be ended soon: throws `RenderError.rateLimited` at once when it is known
    /// already that so many writes, or the deploy of the service that is named, would wait for the API's limits longer than
    /// this client waits for one call. More writes than fit into a minute wait in any case, and nothing is asked of them.
    package func foresee(writes: Int, deployOf service: String? = nil) throws(RenderError) {
        let end = paces.now + limits.patience
        try paces.foresee(writes, .writes, until: end)
        if let service { try paces.foresee(1, .deploys(service), until: end) }
    }

    /// A client of the API at `baseURL` with one key. Clients of one key should be given the same `paces`.
    package init(
        baseURL: BaseURL, token: Secret<String>, paces: RenderPaces = RenderPaces(), limits: Limits = Limits(),
        logger: Logger = Logger(label: "render")
    ) {
        self.init(
            transport: RenderNetwork(baseURL: baseURL, token: token, deadline: limits.deadline), token: token,
            paces: paces, limits: limits, logger: logger)
    }

    /// A client over another transport, which brings the key to the calls itself; `token` is only kept out of errors.
    package init(
        transport: any RenderTransport, token: Secret<String>, paces: RenderPaces = RenderPaces(),
        limits: Limits = Limits(), logger: Logger = Logger(label: "render")
    ) {
        self.transport = transport
        self.paces = paces
        self.limits = limits
        self.logger = logger
        redactor = Redactor([token])
    }

    /// How much of each of the API's limits is used.
    package var rates: [RenderPaces.Rate] { paces.rates }
}

/// What a deploy does.
package enum DeployMode: String, Sendable, Hashable {
    case buildAndDeploy = "build_and_deploy"
    /// For a server whose environment alone has changed; of no use to a static site.
    case deployOnly = "deploy_only"
}
