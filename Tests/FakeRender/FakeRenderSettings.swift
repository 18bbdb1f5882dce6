// SPDX-License-Identifier: Apache-2.0

package import Common

/// How a fake Render behaves from its start.
package struct FakeRenderSettings: Sendable {
    /// What passes the time.
    package enum Time: Sendable {
        /// The system's clock.
        case system
        /// A clock of its own, which moves a millisecond with each request and otherwise only when told to.
        case manual(start: Timestamp)
    }

    /// How deploys get on.
    package enum BuildPace: Sendable, Equatable {
        /// A deploy is over when the request that starts it is answered.
        case immediate
        /// A deploy takes one step with each `FakeRender.advance()`.
        case steps
        /// Each phase takes that long by the fake's time.
        case phases(Duration)
    }

    /// What happens to a second service of one name.
    package enum DuplicateNames: Sendable {
        /// It is made, with a slug of its own: a client that creates twice is seen to do so.
        case allowed
        /// It is refused with 409.
        case refused
    }

    package var port = 0
    package var token = "rnd_fake0000000000000000000000000"
    package var ownerName = "Acme"
    package var ownerEmail = "ops@acme.example"
    package var time = Time.manual(start: Timestamp("2026-10-05T10:00:00Z") ?? Timestamp(microseconds: 0))
    package var pace = BuildPace.immediate
    package var duplicateNames = DuplicateNames.allowed
    /// By the fake's time: with a clock of its own, buckets fill again only when that is moved.
    package var limits: RateLimits?
    /// The path of the published OpenAPI document, to hold requests and answers against.
    package var schemaPath: String?
    /// Whether `/__fake/…` lets anybody who reaches the port command faults and time.
    package var hasControlEndpoint = false
    /// Whether recorded requests keep their bodies, which hold secrets.
    package var keepsBodies = false
    /// Whether pages of logs have neighbouring lines out of order, as Render's have now and then.
    package var disordersLogs = true
    /// Whether the lists that the document shows without cursors (`/env-groups`, `/registrycredentials`) have them.
    package var wrapsBareLists = false
    /// Seeds identities and generated values.
    package var seed: UInt64 = 1

    package init() {}
}
