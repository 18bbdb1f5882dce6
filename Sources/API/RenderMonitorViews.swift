// SPDX-License-Identifier: Apache-2.0

package import Common

/// What the monitor knows.
package struct RenderMonitorView: WireObject {
    package static let wireName = "RenderMonitor"

    let isRunning: Bool
    let reason: String?
    let period: Duration
    let nextAt: Timestamp?
    let lastTick: RenderMonitorTickView?
    let missing: [String]
    let services: [MonitoredServiceView]
    let diagnoses: [RenderDiagnosisView]

    package init(
        isRunning: Bool, reason: String?, period: Duration, nextAt: Timestamp?, lastTick: RenderMonitorTickView?,
        missing: [String], services: [MonitoredServiceView], diagnoses: [RenderDiagnosisView]
    ) {
        self.isRunning = isRunning
        self.reason = reason
        self.period = period
        self.nextAt = nextAt
        self.lastTick = lastTick
        self.missing = missing
        self.services = services
        self.diagnoses = diagnoses
    }

    package static let fields: [Field<RenderMonitorView>] = [
        Field("running", "Whether it watches anything.") { $0.isRunning },
        Field("reason", "Why it does not, and what to set; null otherwise.") { $0.reason },
        Field("period_seconds", "How often it looks.") { Int($0.period.components.seconds) },
        Field("next_at", "When it looks next; null before the first look.") { $0.nextAt },
        Field("last_tick", "When it looked last, and how that went; null before.") { $0.lastTick },
        Field("missing", "Entries of `RENDER_MONITOR_SERVICES` that no service goes by.") { $0.missing },
        Field("services", "What it watches.") { $0.services },
        Field("diagnoses", "What it found, newest first, also what it will not mend.") { $0.diagnoses },
    ]
}

/// One look of the monitor.
package struct RenderMonitorTickView: WireObject {
    package static let wireName = "RenderMonitorTick"

    let at: Timestamp
    let visited: Int
    let deferred: Int
    let reads: Int
    let logReads: Int
    let problem: String?

    package init(at: Timestamp, visited: Int, deferred: Int, reads: Int, logReads: Int, problem: String?) {
        self.at = at
        self.visited = visited
        self.deferred = deferred
        self.reads = reads
        self.logReads = logReads
        self.problem = problem
    }

    package static let fields: [Field<RenderMonitorTickView>] = [
        Field("at", "When it began.") { $0.at },
        Field("visited", "Services that were looked at.") { $0.visited },
        Field("deferred", "Services whose turn comes at the next look, for want of calls.") { $0.deferred },
        Field("reads", "Calls of Render's API, without those for logs.") { $0.reads },
        Field("log_reads", "Calls for logs.") { $0.logReads },
        Field("problem", "What went wrong; null otherwise.") { $0.problem },
    ]
}

/// A service that is watched.
package struct MonitoredServiceView: WireObject {
    package static let wireName = "MonitoredRenderService"

    /// What a look at it gave.
    package struct Look: Sendable {
        package var note: String?
        package var at: Timestamp?
        package var deployID: String?
        package var deployStatus: String?
        package var commitID: String?
        package var probe: String?
        package var rollBackTo: String?

        package init() {}
    }

    let id: String
    let name: String
    let type: String
    let isFixable: Bool
    let action: String
    let attemptsLeft: Int
    let look: Look
    let attempts: [RenderFixAttemptView]

    package init(
        id: String, name: String, type: String, isFixable: Bool, action: String, attemptsLeft: Int, look: Look,
        attempts: [RenderFixAttemptView]
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.isFixable = isFixable
        self.action = action
        self.attemptsLeft = attemptsLeft
        self.look = look
        self.attempts = attempts
    }

    package static let fields: [Field<MonitoredServiceView>] = [
        Field("id", "The service.") { $0.id },
        Field("name", "What it is called.") { $0.name },
        Field("type", "`web_service`, `static_site` and so on; open-ended.") { $0.type },
        Field("fixable", "Whether it is mended, and not only looked at.") { $0.isFixable },
        Field("action", "What is done about its last deploy, such as `none`, `told`, `proposed` or `fixing`.") {
            $0.action
        },
        Field("attempts_left", "Fixes that may still be tried within a day.") { $0.attemptsLeft },
        Field("note", "What was seen at the last look, in words; null without.") { $0.look.note },
        Field("checked_at", "When it was looked at last; null before.") { $0.look.at },
        Field("deploy_id", "The newest deploy that was seen; null before.") { $0.look.deployID },
        Field("deploy_status", "How that deploy stood, in Render's words; null before.") { $0.look.deployStatus },
        Field("commit_id", "The commit of that deploy; null when it is not known.") { $0.look.commitID },
        Field("probe", "What its live site answered, in words; null for what has none.") { $0.look.probe },
        Field("roll_back_to", "The deploy that was live last, when the newest is not well; null otherwise.") {
            $0.look.rollBackTo
        },
        Field("attempts", "What was tried to mend it, newest first.") { $0.attempts },
    ]
}

/// One fix that was begun.
package struct RenderFixAttemptView: WireObject {
    package static let wireName = "RenderFixAttempt"

    let id: String
    let diagnosisID: String
    let signature: String
    let state: String
    let changes: [RenderFixChangeView]
    let clearsCache: Bool
    let deployID: String?
    let outcome: String?
    let startedAt: Timestamp

    package init(
        id: String, diagnosisID: String, signature: String, state: String, changes: [RenderFixChangeView],
        clearsCache: Bool, deployID: String?, outcome: String?, startedAt: Timestamp
    ) {
        self.id = id
        self.diagnosisID = diagnosisID
        self.signature = signature
        self.state = state
        self.changes = changes
        self.clearsCache = clearsCache
        self.deployID = deployID
        self.outcome = outcome
        self.startedAt = startedAt
    }

    package static let fields: [Field<RenderFixAttemptView>] = [
        Field("id", "Names the attempt.") { $0.id },
        Field("diagnosis_id", "The diagnosis that it follows from.") { $0.diagnosisID },
        Field("signature", "Which entry of the catalogue it is about.") { $0.signature },
        Field("state", "Where it stands: `deploying`, `succeeded`, `reverted` and so on; open-ended.") { $0.state },
        Field("changes", "The fields that it changed, with what they were before.") { $0.changes },
        Field("clears_cache", "Whether the build began without what earlier ones have kept.") { $0.clearsCache },
        Field("deploy_id", "Its deploy; null until it is known.") { $0.deployID },
        Field("outcome", "How it ended, in words; null before.") { $0.outcome },
        Field("started_at", "When it was begun.") { $0.startedAt },
    ]
}

/// A line that a diagnosis rests on. It is what a stranger's program printed: show it as text.
package struct RenderEvidenceView: WireObject {
    package static let wireName = "RenderEvidence"

    let source: String
    let at: String?
    let text: String

    package init(source: String, at: String?, text: String) {
        self.source = source
        self.at = at
        self.text = text
    }

    package static let fields: [Field<RenderEvidenceView>] = [
        Field("source", "`line` of a log, `event`, `setting` or `probe`.") { $0.source },
        Field("at", "When it was said; null when that is not known.") { $0.at },
        Field("text", "What was said.") { $0.text },
    ]
}

/// A field of a service that is changed to mend it.
package struct RenderFixChangeView: WireObject {
    package static let wireName = "RenderFixChange"

    let field: String
    let old: String?
    let new: String?

    package init(field: String, old: String?, new: String?) {
        self.field = field
        self.old = old
        self.new = new
    }

    package static let fields: [Field<RenderFixChangeView>] = [
        Field("field", "`rootDir`, `buildCommand` or `publishPath`.") { $0.field },
        Field("old", "What it was; null where there was none.") { $0.old },
        Field("new", "What it becomes; null where it is taken away.") { $0.new },
    ]
}

/// What the monitor makes of a deploy that failed, or is live and does not work.
package struct RenderDiagnosisView: WireObject {
    package static let wireName = "RenderDiagnosis"

    package struct Verdict: Sendable {
        package var signature: String
        package var phase: String
        package var summary: String
        package var confidence: String
        package var advice: String
        package var symptoms: [String]
        package var evidence: [RenderEvidenceView]
        package var decision: String
        package var reason: String?
        package var changes: [RenderFixChangeView]
        package var patch: String?
        package var outcome: String?

        package init(
            signature: String, phase: String, summary: String, advice: String, confidence: String,
            symptoms: [String], evidence: [RenderEvidenceView], decision: String, reason: String?,
            changes: [RenderFixChangeView] = [], patch: String? = nil, outcome: String? = nil
        ) {
            self.signature = signature
            self.phase = phase
            self.summary = summary
            self.advice = advice
            self.confidence = confidence
            self.symptoms = symptoms
            self.evidence = evidence
            self.decision = decision
            self.reason = reason
            self.changes = changes
            self.patch = patch
            self.outcome = outcome
        }
    }

    let id: String
    let serviceID: String
    let serviceName: String
    let deployID: String
    let commitID: String?
    package let at: Timestamp
    let verdict: Verdict

    package init(
        id: String, serviceID: String, serviceName: String, deployID: String, commitID: String?, at: Timestamp,
        verdict: Verdict
    ) {
        self.id = id
        self.serviceID = serviceID
        self.serviceName = serviceName
        self.deployID = deployID
        self.commitID = commitID
        self.at = at
        self.verdict = verdict
    }

    package static let fields: [Field<RenderDiagnosisView>] = [
        Field("id", "Names the diagnosis.") { $0.id },
        Field("service_id", "The service.") { $0.serviceID },
        Field("service_name", "What it is called.") { $0.serviceName },
        Field("deploy_id", "The deploy that it is about.") { $0.deployID },
        Field("commit_id", "The commit of that deploy; null when it is not known.") { $0.commitID },
        Field("at", "When it was made.") { $0.at },
        Field("signature", "Which entry of the catalogue fits, such as `publish_dir_missing`.") {
            $0.verdict.signature
        },
        Field("phase", "Where it went wrong, such as `build`.") { $0.verdict.phase },
        Field("summary", "What is wrong, in a sentence.") { $0.verdict.summary },
        Field("advice", "What a person would do about it.") { $0.verdict.advice },
        Field("confidence", "How sure it is: `low`, `medium` or `high`.") { $0.verdict.confidence },
        Field("symptoms", "Other entries of the catalogue that fit and follow from it.") { $0.verdict.symptoms },
        Field("evidence", "What it rests on.") { $0.verdict.evidence },
        Field("decision", "What is done: `fix`, `would_fix`, `propose_patch` or `human`; open-ended.") {
            $0.verdict.decision
        },
        Field("reason", "Why it is not mended; null when it was or will be.") { $0.verdict.reason },
        Field("changes", "The fields that mending it changes, or would.") { $0.verdict.changes },
        Field("patch", "The change of the blueprint that is proposed instead; null otherwise.") { $0.verdict.patch },
        Field(
            "outcome",
            """
            What became of the fix: `intended`, `patched`, `deploying`, `reverting`, `succeeded`, `reverted`, `kept` or \
            `abandoned`; null without one.
            """
        ) {
            $0.verdict.outcome
        },
    ]
}
