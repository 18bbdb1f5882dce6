// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common
package import Render

/// Finds out why a deploy failed: structured events first, then its log, then the settings. Pure; it runs nothing.
package struct Diagnoser: Sendable {
    /// Pieces of evidence in one diagnosis.
    package static let mostEvidence = 12

    private let redact: @Sendable (String) -> String

    /// `redact` masks the secrets that are known to the process; what looks like one is masked besides.
    package init(redact: @escaping @Sendable (String) -> String = { $0 }) { self.redact = redact }

    /// What there is to look at.
    package struct Case: Sendable {
        package var service: RenderService
        package var deploy: RenderDeploy
        package var events: [RenderServiceEvent]
        /// Nil when it was not needed, or is not to be had.
        package var log: BuildLog?
        package var wanted: [Field: BlueprintValue]

        package init(
            service: RenderService, deploy: RenderDeploy, events: [RenderServiceEvent] = [], log: BuildLog? = nil,
            wanted: [Field: BlueprintValue] = [:]
        ) {
            self.service = service
            self.deploy = deploy
            self.events = events
            self.log = log
            self.wanted = wanted
        }
    }

    /// Nil for a deploy that did not fail, or whose place a newer one took.
    package func diagnose(_ subject: Case, at now: Timestamp) -> Diagnosis? {
        guard subject.deploy.status.isFailure else { return nil }
        let events = EventFinding.events(of: subject.deploy, in: subject.events)
        guard !EventFinding.isSuperseded(events) else { return nil }
        let told = EventFinding.findings(in: events)
        let found = subject.log.map { LogMatcher.findings(in: $0, kind: subject.service.type) } ?? []
        let root = Self.root(of: told, found, subject)
        let facts = FailureFacts(
            service: subject.service, wanted: subject.wanted, log: subject.log, findings: found)
        let decision = FixDecision.decide(root.signature, capture: root.capture, facts: facts)
        let signature = SignatureCatalog.signature(decision.signature)
        let symptoms = (found.map(\.id) + told.map(\.signature)).filter {
            $0 != root.signature && $0 != decision.signature && $0 != "success_marker"
        }
        return Diagnosis(
            id: "diag_" + ULID.make(at: now).text, serviceID: subject.service.id, deployID: subject.deploy.id,
            commitID: subject.deploy.commitID, madeAt: now, signature: decision.signature, phase: root.phase,
            confidence: root.confidence, cause: Self.cause(decision.signature, capture: root.capture),
            advice: signature?.advice ?? "", evidence: evidence(root, told: told, found: found, facts: facts),
            symptoms: symptoms.unique, proposed: decision.fix, patch: decision.patch, whyNotFixed: decision.reason)
    }

    /// Whether a log would change what these events tell.
    package static func needsLog(_ deploy: RenderDeploy, _ events: [RenderServiceEvent]) -> Bool {
        let own = EventFinding.events(of: deploy, in: events)
        guard !EventFinding.isSuperseded(own) else { return false }
        return !EventFinding.findings(in: own).contains(where: \.isConclusive)
    }

    private struct Root {
        var signature: String
        var phase: BuildPhase
        var confidence: Confidence
        var capture: String?
        var finding: Finding?
    }

    private static func root(of told: [EventFinding], _ found: [Finding], _ subject: Case) -> Root {
        let hasCloned = (subject.log?.furthest ?? .clone) > .clone
        // A public repository is cloned all the same.
        let causes = found.filter { $0.signature.rank < .remark && !($0.id == "repo_access" && hasCloned) }
        let nearest = causes.min { ($0.signature.rank, $0.line.number) < ($1.signature.rank, $1.line.number) }
        let event = told.min { rank($0) < rank($1) }
        let fallback = subject.deploy.status.phase
        if let event, nearest.map({ rank(event) < $0.signature.rank }) ?? true {
            return Root(
                signature: event.signature, phase: fallback, confidence: rank(event) == .generic ? .low : .high,
                capture: event.detail)
        }
        if let nearest {
            let rank = nearest.signature.rank
            return Root(
                signature: nearest.id, phase: nearest.line.phase,
                confidence: rank <= .cause ? .high : rank <= .consequence ? .medium : .low, capture: nearest.capture,
                finding: nearest)
        }
        let id = subject.deploy.status == .preDeployFailed ? "predeploy_failed" : "unknown_failure"
        return Root(signature: id, phase: fallback, confidence: id == "unknown_failure" ? .low : .high)
    }

    private static func rank(_ finding: EventFinding) -> Signature.Rank {
        SignatureCatalog.signature(finding.signature)?.rank ?? .generic
    }

    private static func cause(_ id: String, capture: String?) -> String {
        let cause = SignatureCatalog.signature(id)?.cause ?? ""
        guard id == "exited_status", let code = capture.flatMap({ Int($0) }) else { return cause }
        switch code {
        case 126: return "The command cannot be run: it is no program, or may not be run (status 126)."
        case 127: return "A program that the command names is not there (status 127)."
        case 137: return "The command was killed, most likely for its use of memory (status 137)."
        case 143: return "The command was told to end (status 143)."
        case 254: return "npm found no package.json, or could not read it (status 254)."
        default: return "The command ended with status \(code)."
        }
    }

    private func evidence(
        _ root: Root, told: [EventFinding], found: [Finding], facts: FailureFacts
    ) -> [Diagnosis.Evidence] {
        var lines = root.finding.map { [$0.line] } ?? []
        lines += found.filter { $0.id != "success_marker" }.map(\.line)
        if root.signature == "publish_dir_missing", let log = facts.log {
            lines += OutputFolders.seen(in: log).map(\.line)
        }
        if root.finding == nil || root.confidence == .low { lines += facts.log?.lines.suffix(5) ?? [] }
        let events = told.map { Diagnosis.Evidence(.event, time: $0.event.timestamp, text: shown($0.text)) }
        let texts = lines.unique.map { Diagnosis.Evidence(.line, time: $0.time, text: shown($0.text)) }
        var pieces = Array((events.unique.prefix(3) + texts).prefix(Self.mostEvidence - FixField.allCases.count))
        if SignatureCatalog.signature(root.signature)?.remedy == .setting {
            pieces += FixField.allCases.map {
                Diagnosis.Evidence(.setting, text: "\($0.rawValue) = \"\(shown(facts.live($0)))\"")
            }
        }
        return pieces
    }

    private func shown(_ text: String) -> String { EvidenceMask.masked(redact(text)) }
}

extension DeployStatus {
    /// The phase in which a deploy of this status ended.
    fileprivate var phase: BuildPhase {
        switch self {
        case .preDeployFailed: .preDeploy
        case .updateFailed: .start
        case .live: .live
        default: .build
        }
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it came first.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
