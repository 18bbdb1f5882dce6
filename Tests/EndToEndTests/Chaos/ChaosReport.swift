// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Synchronization
import TestKit

/// Says what happens as it happens, and in the end what came of it.
final class ChaosReport: Sendable {
    static let silent = Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() }
    /// The file that `scripts/chaos` shows; a test runner keeps what is printed until the end.
    private static let output =
        ProcessInfo.processInfo.environment["TUTTI_CHAOS_REPORT"].flatMap { FileHandle(forWritingAtPath: $0) }
        ?? .standardOutput

    private struct State {
        var counts: [ChaosFaultKind: Int] = [:]
        var troubles: [String] = []
    }

    private let start: ContinuousClock.Instant
    private let state = Mutex(State())

    init(start: ContinuousClock.Instant) { self.start = start }

    /// Faults that could not be played as they should.
    var troubles: [String] { state.withLock { $0.troubles } }
    var faultCount: Int { state.withLock { $0.counts.values.reduce(0, +) } }

    /// One line.
    func say(_ line: String) { try? Self.output.write(contentsOf: Data("\(line)\n".utf8)) }

    /// A line with the time since the beginning.
    func tell(_ what: String) { say("\(String(format: "%7.1f s", seconds))  \(what)") }

    func begin(_ entry: ChaosSchedule.Entry, _ detail: String) {
        state.withLock { $0.counts[entry.kind, default: 0] += 1 }
        let length = entry.end - entry.begin
        let duration = length > 0 ? String(format: " for %.1f s", length) : ""
        tell(
            entry.kind.rawValue + (entry.target.isEmpty ? "" : ": \(entry.target)") + duration
                + (detail.isEmpty ? "" : ", \(detail)"))
    }

    func end(_ entry: ChaosSchedule.Entry) {
        guard entry.end > entry.begin else { return }
        tell("  over: \(entry.kind.rawValue)" + (entry.target.isEmpty ? "" : ": \(entry.target)"))
    }

    /// Something did not go as planned on our side.
    func trouble(_ entry: ChaosSchedule.Entry, _ error: any Error) {
        let text = "\(entry.kind.rawValue) \(entry.target): \(error)"
        state.withLock { $0.troubles.append(text) }
        tell("NOT PLAYED: \(text)")
    }

    private var seconds: Double {
        let passed = (ContinuousClock.now - start).components
        return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }

    // MARK: The summary

    /// What was going on meanwhile, by name; what daemons complained of, which is no fault of theirs; and what must not be.
    func summarise(
        _ figures: [(name: String, value: String)], complaints: [(text: String, count: Int)], _ findings: [Finding]
    ) {
        say("")
        say("faults")
        for (kind, count) in state.withLock({ $0.counts }).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            say(row(kind.rawValue, "\(count)"))
        }
        for missing in ChaosStand.missing { say("  not possible here: \(missing)") }
        say("load")
        for figure in figures { say(row(figure.name, figure.value)) }
        say("errors in the logs of daemons")
        for complaint in complaints.prefix(20) { say(row(String(complaint.text.prefix(300)), "\(complaint.count)")) }
        say("broken promises, all of which must be 0")
        for kind in Finding.Kind.allCases { say(row(kind.rawValue, "\(findings.count(kind))")) }
        say(row("faults that were not played", "\(troubles.count)"))
        for finding in findings.prefix(30) { say("  FOUND \(String(finding.description.prefix(1500)))") }
    }

    private func row(_ name: String, _ value: String) -> String {
        "  " + name.padding(toLength: max(34, name.count), withPad: " ", startingAt: 0)
            + String(repeating: " ", count: max(1, 10 - value.count)) + value
    }
}
