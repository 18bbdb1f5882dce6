// SPDX-License-Identifier: Apache-2.0

import Common
import Render

/// What Render's structured events tell of a deploy that went wrong.
struct EventFinding: Sendable {
    let signature: String
    let detail: String?
    let event: RenderServiceEvent

    /// The types of events that are asked for.
    static let types = [
        "build_ended", "deploy_ended", "pre_deploy_ended", "server_failed", "image_pull_failed",
        "pipeline_minutes_exhausted",
    ]

    /// How long after its end a deploy may still be told of.
    private static let slack = Duration.seconds(120)

    /// The events of one deploy. Those that name no deploy count by their time, and what a version that still serves goes
    /// through is nothing of a build's.
    static func events(of deploy: RenderDeploy, in events: [RenderServiceEvent]) -> [RenderServiceEvent] {
        let end = deploy.finishedAt.flatMap { Timestamp($0) }.map { $0 + slack }
        return events.filter { event in
            if let id = event.deployID { return id == deploy.id }
            if deploy.status == .buildFailed, event.type == "server_failed" { return false }
            guard let end, let time = Timestamp(event.timestamp) else { return true }
            return time <= end
        }
    }

    /// A newer build or deploy took its place, and nothing failed.
    static func isSuperseded(_ events: [RenderServiceEvent]) -> Bool {
        events.contains { $0.reason?.isSuperseded == true }
            && !events.contains { $0.reason?.failure != nil || $0.reason?.buildFailedID != nil }
    }

    static func findings(in events: [RenderServiceEvent]) -> [EventFinding] {
        events.flatMap { event -> [EventFinding] in
            switch event.type {
            case "image_pull_failed", "pipeline_minutes_exhausted":
                return [EventFinding(signature: event.type, detail: nil, event: event)]
            default: return event.reason?.failure.map { findings(of: $0, event: event) } ?? []
            }
        }
    }

    private static func findings(of failure: EventReason.Failure, event: RenderServiceEvent) -> [EventFinding] {
        func found(_ signature: String, _ detail: String? = nil) -> EventFinding {
            EventFinding(signature: signature, detail: detail, event: event)
        }
        var findings: [EventFinding] = []
        if failure.oomKilled { findings.append(found("oom_event")) }
        if failure.isEvicted { findings.append(found("evicted", failure.evictionReason)) }
        if let check = failure.unhealthy { findings.append(found("health_check_timeout", check)) }
        if failure.timedOutSeconds != nil || failure.timedOutReason != nil {
            findings.append(found("timed_out", failure.timedOutReason))
        }
        if failure.isEarlyExit { findings.append(found("exited_early")) }
        if let code = failure.nonZeroExit { findings.append(found("exited_status", "\(code)")) }
        if event.type == "pre_deploy_ended" { findings.append(found("predeploy_failed")) }
        return findings
    }

    /// Whether a log would add nothing that changes what is to be done.
    var isConclusive: Bool { SignatureCatalog.signature(signature)?.rank == .root }

    /// The event in one line.
    var text: String {
        let failure = event.reason?.failure
        let parts = [
            failure?.nonZeroExit.map { "exit status \($0)" }, failure?.isEarlyExit == true ? "exited early" : nil,
            failure?.oomKilled == true ? "out of memory" : nil,
            failure?.timedOutSeconds.map { "timed out after \($0) s" }, failure?.timedOutReason, failure?.unhealthy,
            failure?.isEvicted == true ? "evicted" : nil, failure?.evictionReason,
        ]
        let words = parts.compactMap { $0 }
        return "\(event.type) \(event.status ?? "failed")" + (words.isEmpty ? "" : ": " + words.joined(separator: ", "))
    }
}
