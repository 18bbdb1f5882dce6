// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// What `scripts/chaos` plays.
@Suite(.daemonLogs) struct ChaosTests {
    /// How long and from which seed; nothing unless asked for, because it takes its time and a machine of its own.
    private struct Wish {
        let minutes: Double
        let seed: UInt64

        init?(_ environment: [String: String]) {
            guard let minutes = environment["TUTTI_CHAOS_MINUTES"].flatMap(Double.init), minutes > 0 else { return nil }
            self.minutes = minutes
            seed = environment["TUTTI_CHAOS_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...999_999)
        }
    }

    private static let wish = Wish(ProcessInfo.processInfo.environment)

    @Test(.enabled(if: wish != nil, "scripts/chaos plays it"))
    func `nothing is lost, doubled or left out, whatever happens`() async throws {
        let wish = try #require(Self.wish)
        let report = ChaosReport(start: .now)
        report.say("seed \(wish.seed), \(wish.minutes.formatted()) minutes")
        for missing in ChaosStand.missing { report.say("not possible here: \(missing)") }
        try await ChaosStand.with(seed: wish.seed) { stand in
            let schedule = ChaosSchedule(seed: wish.seed, seconds: wish.minutes * 60, choices: stand.choices)
            let result = try await ChaosCampaign(stand: stand, schedule: schedule).run()
            for finding in result.findings.prefix(30) { Issue.record("\(finding)") }
            for trouble in result.troubles { Issue.record("\(trouble)") }
        }
    }
}
