// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor

extension FuzzTarget {
    /// A build's log as the monitor reads it: the first line has the settings of the site, every other is a line of the log.
    static let buildlog = FuzzTarget("buildlog") { bytes in
        let input = InputLines(bytes, most: 30_000)
        let settings = input.text(0).split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        func setting(_ index: Int) -> String { index < settings.count ? settings[index] : "" }
        let lines = (1..<max(1, input.count)).map { index in
            RenderLogLine(id: "", message: input.text(index), timestamp: "2026-11-22T06:00:00Z")
        }
        let log = BuildLog(lines)
        try BuildLogTarget.checkLines(log)
        let service = RenderService(
            id: "srv-1", name: "site", ownerID: "tea-1", type: "static_site", slug: "site", isSuspended: false,
            createdAt: "", updatedAt: "", rootDir: setting(0),
            details: ServiceDetails(buildCommand: setting(1), publishPath: setting(2), openPorts: []))
        let deploy = RenderDeploy(id: "dep-1", status: .buildFailed, createdAt: "2026-11-22T06:00:00Z")
        let subject = Diagnoser.Case(service: service, deploy: deploy, log: log)
        let moment = Timestamp(microseconds: 1_795_000_000_000_000)
        guard let diagnosis = Diagnoser().diagnose(subject, at: moment) else {
            throw BrokenPromise("a build that failed has no diagnosis")
        }
        try BuildLogTarget.checkDiagnosis(diagnosis)
    }
}

private enum BuildLogTarget {
    static func checkLines(_ log: BuildLog) throws {
        try hold(log.lines.count <= BuildLog.mostLines, "too many lines are kept")
        for line in log.lines {
            try hold(line.text.unicodeScalars.count <= 2_000, "a line is too long")
            try hold(
                line.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) },
                "a control character is left in a line")
        }
    }

    /// What a log brings into a setting is a folder whose name means nothing to a shell.
    static func checkDiagnosis(_ diagnosis: Diagnosis) throws {
        try hold(diagnosis.evidence.count <= Diagnoser.mostEvidence, "too much evidence")
        try hold(diagnosis.evidence.allSatisfy { $0.text.utf8.count <= 4_000 }, "a piece of evidence is too long")
        let again = Diagnosis(json: diagnosis.json)
        try hold(again == diagnosis, "a diagnosis does not survive being kept")
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@/".utf8)
        for change in diagnosis.proposed?.changes ?? [] where change.source == .log {
            try hold(change.field != .buildCommand, "a log has brought in a command")
            try hold(
                change.new.utf8.allSatisfy(allowed.contains), "a folder of a log has a character that it may not have")
            let parts = change.new.split(separator: "/", omittingEmptySubsequences: false)
            try hold(parts.allSatisfy { !$0.isEmpty && $0 != ".." && $0.first != "-" }, "a folder leads elsewhere")
        }
    }
}
