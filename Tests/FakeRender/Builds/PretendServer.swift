// SPDX-License-Identifier: Apache-2.0

import Common

/// A server that is started, as far as a deploy sees it.
struct PretendServer {
    let service: FakeService
    let repository: PretendRepository
    /// Megabytes of each plan; others have more than anything here needs.
    private static let memory = ["free": 512, "starter": 512, "standard": 2048, "pro": 4096]

    struct Outcome {
        var lines: [LogText] = []
        /// Printed when the deploy ends.
        var last: [LogText] = []
        /// The structured reason; nil when it is up.
        var failure: JSONObject?
    }

    init(_ service: FakeService, _ repository: PretendRepository) {
        self.service = service
        self.repository = repository
    }

    func start() -> Outcome {
        if repository.isObliging || service.type == "cron_job" { return listening }
        switch repository.behaviour {
        case .serves(let paths): return serve(paths)
        case .neverListens:
            guard ["web_service", "private_service"].contains(service.type) else { return listening }
            return Outcome(
                lines: [.app("==> No open ports detected, continuing to scan...")],
                last: [
                    .app(
                        "==> Port scan timeout reached, no open ports detected. Bind your service to at least one "
                            + "port. If you don't need to receive traffic on any port, create a background worker "
                            + "instead.", level: "error"),
                    .app("==> Timed Out", level: "error"),
                ],
                failure: ["evicted": false, "timedOutSeconds": 900, "timedOutReason": "no open ports detected"])
        case .exits:
            return Outcome(
                last: [.app("==> Application exited early", level: "error")],
                failure: ["evicted": false, "earlyExit": true])
        case .crashes(let lines, let status):
            // As it is seen now and then: the end is told before what led to it.
            return Outcome(
                lines: [.app("==> Exited with status \(status)", level: "error")]
                    + lines.map { .app($0, level: "error") },
                failure: ["evicted": false, "nonZeroExit": JSONValue(status)])
        case .needsMemory(let megabytes):
            let limit = Self.memory[service.plan] ?? .max
            guard megabytes > limit else { return listening }
            return Outcome(
                last: [.app("==> Out of memory (used over \(limit)Mi)", level: "error")],
                failure: ["evicted": false, "oomKilled": ["memoryLimit": .string("\(limit)Mi")]])
        }
    }

    private var listening: Outcome {
        guard service.type == "web_service" else { return Outcome() }
        return Outcome(lines: [.app("==> Detected service running on port 10000")])
    }

    private func serve(_ paths: Set<String>) -> Outcome {
        let path = service.healthCheckPath
        guard service.type == "web_service", !path.isEmpty, !paths.contains(path) else { return listening }
        return Outcome(
            lines: listening.lines,
            last: [
                .app(
                    "==> Timed out after waiting for internal health check to return a successful response code at: "
                        + "\(service.slug).fake-render.test:10000 \(path)", level: "error")
            ],
            failure: [
                "evicted": false, "unhealthy": .string("HTTP health check failed at \(path)"),
                "timedOutSeconds": 900, "timedOutReason": "health check",
            ])
    }
}
