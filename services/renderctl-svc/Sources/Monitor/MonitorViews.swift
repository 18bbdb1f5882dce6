// SPDX-License-Identifier: Apache-2.0

import API
import Common
import RenderMonitor

extension RenderMonitorView {
    /// Diagnoses that are shown; older ones are in the log of events.
    private static let mostDiagnoses = 200

    init(_ status: MonitorStatus, isRunning: Bool, reason: String?) {
        let diagnoses = status.services.flatMap { service in
            service.record.diagnoses.map { RenderDiagnosisView($0.shown, of: service) }
        }
        self.init(
            isRunning: isRunning, reason: reason, period: status.settings.period, nextAt: status.nextAt,
            lastTick: status.lastReport.map(RenderMonitorTickView.init), missing: status.missing,
            services: status.services.map(MonitoredServiceView.init),
            diagnoses: Array(diagnoses.sorted { $0.at > $1.at }.prefix(Self.mostDiagnoses)))
    }
}

extension RenderMonitorTickView {
    init(_ report: TickReport) {
        let problems = report.problems.sorted { $0.key < $1.key }.prefix(5).map { "\($0.key): \($0.value)" }
        let all = ([report.failure].compactMap(\.self) + problems).joined(separator: "; ")
        self.init(
            at: report.at, visited: report.visited, deferred: report.deferred, reads: report.calls.reads,
            logReads: report.calls.logReads, problem: all.isEmpty ? nil : all)
    }
}

extension MonitoredServiceView {
    init(_ service: MonitorStatus.Service) {
        let record = service.record
        var look = Look()
        look.note = service.note
        look.at = service.checkedAt ?? record.checkedAt
        look.deployID = record.lastDeploy?.id
        look.deployStatus = record.lastDeploy?.status
        look.commitID = record.lastDeploy?.commitID
        look.probe = record.lastProbe.map { "\($0.verdict.rawValue): \($0.text)" }
        look.rollBackTo = record.current == nil ? nil : record.lastLiveDeployID
        self.init(
            id: record.serviceID, name: record.name, type: record.type, isFixable: service.isFixable,
            action: service.action, attemptsLeft: service.attemptsLeft, look: look,
            attempts: record.attempts.map { RenderFixAttemptView($0.shown) })
    }
}

extension RenderFixAttemptView {
    init(_ attempt: FixAttempt) {
        self.init(
            id: attempt.id, diagnosisID: attempt.diagnosisID, signature: attempt.signature,
            state: attempt.state.rawValue, changes: attempt.changes.map(RenderFixChangeView.init),
            clearsCache: attempt.clearsCache, deployID: attempt.deployID, outcome: attempt.outcome,
            startedAt: attempt.startedAt)
    }
}

extension RenderFixChangeView {
    init(_ change: FieldChange) {
        self.init(field: change.field.rawValue, old: change.old, new: change.new)
    }
}

extension RenderDiagnosisView {
    init(_ diagnosis: Diagnosis, of service: MonitorStatus.Service) {
        let attempt = service.record.attempts.first { $0.diagnosisID == diagnosis.id }
        let decision =
            if diagnosis.patch != nil {
                "propose_patch"
            } else if attempt != nil {
                "fix"
            } else if diagnosis.proposed == nil || diagnosis.whyNotFixed != nil {
                "human"
            } else {
                "would_fix"
            }
        let verdict = Verdict(
            signature: diagnosis.signature, phase: diagnosis.phase.rawValue, summary: diagnosis.cause,
            advice: diagnosis.advice, confidence: diagnosis.confidence.rawValue, symptoms: diagnosis.symptoms,
            evidence: diagnosis.evidence.map { evidence in
                RenderEvidenceView(
                    source: evidence.kind.rawValue, at: evidence.time.isEmpty ? nil : evidence.time,
                    text: evidence.text)
            },
            decision: decision, reason: diagnosis.whyNotFixed ?? diagnosis.heldBack,
            changes: (diagnosis.proposed?.changes ?? []).map(RenderFixChangeView.init), patch: diagnosis.patch?.text,
            outcome: attempt?.state.rawValue)
        self.init(
            id: diagnosis.id, serviceID: diagnosis.serviceID, serviceName: service.record.name,
            deployID: diagnosis.deployID, commitID: diagnosis.commitID, at: diagnosis.madeAt, verdict: verdict)
    }
}
