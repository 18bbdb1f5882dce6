// SPDX-License-Identifier: Apache-2.0

package import Common
import HTTPTypes

/// The endpoints that every daemon has.
package enum StandardAPI {
    package static let health = Endpoint<NoInput, Health>(
        "getHealth", .get, "/health", .everybody, "Says that the process is alive.", tag: "standard")

    package static let ready = Endpoint<NoInput, Readiness>(
        "getReadiness", .get, "/ready", .everybody, "Says whether everything the daemon depends on can be used.",
        description:
            "The answer is 503 with the same members in `checks` while something is missing, and while stopping.",
        tag: "standard", problems: [.unavailable])

    package static let configuration = Endpoint<NoInput, ConfigReport>(
        "validateConfig", .get, "/config/validate", .peopleAndServices(.readSystem),
        "Reports every configuration key: whether it is there, where from, and what is wrong with it.",
        description: "Values of secrets are masked.", tag: "standard")

    package static let metrics = Endpoint<NoInput, MetricsText>(
        "getMetrics", .get, "/metrics", .peopleAndServices(.readSystem), "Figures for Prometheus.", tag: "standard")

    package static let openAPI = Endpoint<NoInput, OpenAPIDocument>(
        "getOpenAPI", .get, "/openapi.json", .peopleAndServices(.readSystem), "This document.", tag: "standard")

    package static let catalogue: [AnyEndpoint] = [
        health.route, ready.route, configuration.route, metrics.route, openAPI.route,
    ]
}

/// The answer of a process that lives.
package struct Health: WireObject {
    package let service: String
    package let version: String
    package let uptime: Duration

    package init(service: String, version: String, uptime: Duration) {
        self.service = service
        self.version = version
        self.uptime = uptime
    }

    package static let fields: [Field<Health>] = [
        Field("status", "Always `ok`.") { _ in "ok" },
        Field("service", "The daemon's name.") { $0.service },
        Field("version", "Its version.") { $0.version },
        Field("uptime_seconds", "How long it has been running.") { Int($0.uptime.components.seconds) },
    ]
}

/// What a daemon depends on, and whether it can be used.
package struct Readiness: WireObject {
    /// One dependency.
    package struct Check: WireObject {
        package let name: String
        package let isReady: Bool
        /// Whether the daemon is ready only with it.
        package let isRequired: Bool
        /// What is wrong, without addresses or secrets; nil when nothing is.
        package let detail: String?

        package init(name: String, isReady: Bool, isRequired: Bool = true, detail: String? = nil) {
            self.name = name
            self.isReady = isReady
            self.isRequired = isRequired
            self.detail = detail
        }

        package static let wireName = "ReadinessCheck"
        package static let fields: [Field<Check>] = [
            Field("name", "What is depended on.") { $0.name },
            Field("ready", "Whether it can be used.") { $0.isReady },
            Field("required", "Whether the daemon is ready only with it; without the others it does less well.") {
                $0.isRequired
            },
            Field("detail", "What is wrong with it; null when nothing is.") { $0.detail },
        ]
    }

    package let checks: [Check]

    package init(checks: [Check]) { self.checks = checks }

    /// What keeps requests from being served.
    package var missing: [Check] { checks.filter { $0.isRequired && !$0.isReady } }

    package static let fields: [Field<Readiness>] = [
        Field("ready", "Whether requests will be served.") { $0.missing.isEmpty },
        Field("checks", "Each dependency.") { $0.checks },
    ]
}

/// A daemon's own OpenAPI document.
package struct OpenAPIDocument: WireValue {
    private let bytes: [UInt8]

    package init(_ document: OpenAPI) { bytes = document.document.bytes }

    package static func schema(in components: inout Components) -> JSONObject { ["type": "object"] }
    package func write(to writer: inout JSONWriter) { writer.write(json: bytes) }
}
