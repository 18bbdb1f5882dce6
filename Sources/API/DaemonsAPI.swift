// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// The daemons of the suite, as one of them sees them.
package enum DaemonsAPI {
    package static let list = Endpoint<NoInput, DaemonsView>(
        "listDaemons", .get, "/v1/daemons", .peopleAndServices(.readSystem),
        "Asks every daemon of the suite how it is and what it was configured with.",
        description: """
            The orchestrator itself, logging-svc, and those that `SUITE_PEERS` names. They are asked together, for three \
            seconds at most; an answer that is less than a second old is given again.
            """,
        tag: "system")

    package static let catalogue: [AnyEndpoint] = [list.route]
}

/// Every daemon that is known.
package struct DaemonsView: WireObject {
    package let daemons: [DaemonView]

    package init(daemons: [DaemonView]) { self.daemons = daemons }

    package static let wireName = "Daemons"
    package static let fields: [Field<DaemonsView>] = [
        Field("daemons", "The one that answers, then logging-svc, then the others as they are configured.") {
            $0.daemons
        }
    ]
}

/// What one daemon says of itself.
package struct DaemonView: WireObject {
    package let name: String
    package let url: String
    /// What it says of itself; nil when it cannot be asked.
    package let answers: Answers?
    package let checkedAt: Timestamp
    /// What is wrong; nil when it told everything.
    package let detail: String?

    /// What a daemon that can be asked has told.
    package struct Answers: Sendable {
        package let version: String
        package let uptimeSeconds: Int
        /// Nil when it would not tell.
        package let readiness: Readiness?
        /// Nil when it would not tell.
        package let configuration: ConfigReport?

        package init(version: String, uptimeSeconds: Int, readiness: Readiness?, configuration: ConfigReport?) {
            self.version = version
            self.uptimeSeconds = uptimeSeconds
            self.readiness = readiness
            self.configuration = configuration
        }
    }

    package init(name: String, url: String, answers: Answers?, checkedAt: Timestamp, detail: String? = nil) {
        self.name = name
        self.url = url
        self.answers = answers
        self.checkedAt = checkedAt
        self.detail = detail
    }

    package static let wireName = "Daemon"
    package static let fields: [Field<DaemonView>] = [
        Field("name", "What it is called.") { $0.name },
        Field("url", "Where it listens.") { $0.url },
        Field("reachable", "Whether it answered.") { $0.answers != nil },
        Field("version", "Its version; null when it did not answer.") { $0.answers?.version },
        Field("uptime_seconds", "How long it has been running; null when it did not answer.") {
            $0.answers?.uptimeSeconds
        },
        Field("ready", "Whether it serves requests; null when it did not tell.") {
            $0.answers?.readiness?.missing.isEmpty
        },
        Field("checks", "What it depends on; empty when it did not tell.") { $0.answers?.readiness?.checks ?? [] },
        Field("configuration", "Its `/config/validate`; null when it did not tell.") { $0.answers?.configuration },
        Field("checked_at", "When it was asked.") { $0.checkedAt },
        Field("detail", "What could not be found out, and why; null when all was.") { $0.detail },
    ]
}

// MARK: - Reading what other daemons answer

extension Readiness {
    /// Reads the answer of `/ready`, or the problem that it is when something is missing; nil for anything else.
    package init?(_ value: JSONValue) {
        guard let checks = value["checks"]?.array else { return nil }
        let read = checks.compactMap(Check.init)
        guard read.count == checks.count else { return nil }
        self.init(checks: read)
    }
}

extension Readiness.Check {
    fileprivate init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, let isReady = value["ready"]?.bool else { return nil }
        self.init(
            name: name, isReady: isReady, isRequired: value["required"]?.bool ?? true, detail: value["detail"]?.string)
    }
}
