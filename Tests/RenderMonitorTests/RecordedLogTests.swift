// SPDX-License-Identifier: Apache-2.0

import Common
import RenderMonitor
import Testing

/// Every recorded log has the right diagnosis and leads to the right action.
@Suite struct RecordedLogTests {
    @Test(arguments: RecordedLog.all) func `a recorded log is understood`(log: RecordedLog) {
        let diagnosis = Diagnoser().diagnose(log.subject, at: RecordedLog.start + .seconds(60))
        #expect(diagnosis?.signature == log.signature, "\(diagnosis?.cause ?? "no diagnosis")")
        #expect(RecordedLog.action(of: diagnosis) == log.action, "\(diagnosis?.whyNotFixed ?? "")")
        if let diagnosis {
            #expect(!diagnosis.cause.isEmpty && !diagnosis.advice.isEmpty)
            #expect(!diagnosis.evidence.isEmpty || log.text.isEmpty && log.failure == nil)
            #expect(diagnosis.evidence.count <= Diagnoser.mostEvidence)
        }
    }

    @Test func `no recorded log leads to a wrong action`() {
        var (diagnoses, actions, wrong) = (0, 0, 0)
        for log in RecordedLog.all {
            let diagnosis = Diagnoser().diagnose(log.subject, at: RecordedLog.start)
            let action = RecordedLog.action(of: diagnosis)
            diagnoses += diagnosis?.signature == log.signature ? 1 : 0
            actions += action == log.action ? 1 : 0
            switch action {
            case .fix, .clearCache: wrong += action == log.action ? 0 : 1
            case .nothing, .patch, .propose, .person: break
            }
        }
        let count = RecordedLog.all.count
        print("monitor: \(count) logs, \(diagnoses) right diagnoses, \(actions) right actions, \(wrong) wrong actions")
        #expect(count >= 200)
        #expect(wrong == 0)
    }

    @Test func `every signature of the catalogue is met by a recorded log`() {
        let met = Set(
            RecordedLog.all.flatMap { log in
                let diagnosis = Diagnoser().diagnose(log.subject, at: RecordedLog.start)
                return (diagnosis?.symptoms ?? []) + [log.signature ?? "success_marker"]
            })
        let unmet = SignatureCatalog.all.map(\.id).filter { !met.contains($0) }
        #expect(unmet.isEmpty)
    }

    @Test func `names of recorded logs are distinct`() {
        #expect(Set(RecordedLog.all.map(\.name)).count == RecordedLog.all.count)
    }
}
