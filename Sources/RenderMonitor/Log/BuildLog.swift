// SPDX-License-Identifier: Apache-2.0

import Common
package import Render

/// The log of one deploy: its lines in the order in which they were written, fit to be matched and shown, each with the
/// phase it belongs to. Untrusted text: nothing of it is ever run.
package struct BuildLog: Sendable {
    /// Lines kept; of longer logs the end, which is where it failed.
    package static let mostLines = 5_000
    /// Lines looked at.
    static let mostRead = 20_000

    package struct Line: Sendable, Hashable {
        /// Counts from 1.
        package let number: Int
        /// As the API wrote it.
        package let time: String
        package let text: String
        package let phase: BuildPhase
    }

    package let lines: [Line]
    /// Whether lines or parts of lines were left out.
    package let isTruncated: Bool
    /// Whether the log says that the build was successful.
    package let hasBuilt: Bool
    package let hasBuildFailed: Bool
    package let isLive: Bool
    /// Whether it goes back to where Render began: what is not in it may have been said before otherwise.
    package let hasBeginning: Bool
    /// The branch that was built, when the log says it.
    package let branch: String?
    /// The build command that was run, when the log says all of it.
    package let command: String?
    /// The furthest phase that was reached.
    package let furthest: BuildPhase

    /// Takes lines in whatever order the API has them, some of them perhaps twice. What comes before Render's first mark
    /// belongs to `beginning`.
    package init(_ lines: [RenderLogLine], beginning: BuildPhase = .build) {
        let (ordered, isCut) = Self.ordered(lines)
        let texts = Self.lastDeploy(of: ordered)
        var isTruncated = isCut || texts.count > Self.mostLines
        var kept: [Line] = []
        var phase: BuildPhase?
        var furthest = BuildPhase.clone
        var (hasBuilt, hasFailed, isLive) = (false, false, false)
        for line in texts.suffix(Self.mostLines) {
            let marker = PhaseMarker(line: line.text)
            let own = marker?.phase ?? phase ?? beginning
            phase = marker?.following ?? phase
            furthest = max(furthest, own)
            isTruncated = isTruncated || line.isCut
            switch marker {
            case .buildSucceeded: hasBuilt = true
            case .buildFailed: hasFailed = true
            case .live: isLive = true
            default: break
            }
            kept.append(Line(number: kept.count + 1, time: line.time, text: line.text, phase: own))
        }
        hasBeginning = kept.contains { $0.phase == .clone && PhaseMarker(line: $0.text) != nil }
        let checkout = kept.last { PhaseMarker(line: $0.text) == .checkingOut }
        branch = checkout.flatMap { Capture(after: " in branch ").text(in: $0.text) }
        command = kept.last { PhaseMarker(line: $0.text) == .building }.flatMap { Self.command(in: $0.text) }
        self.lines = kept
        self.isTruncated = isTruncated
        self.hasBuilt = hasBuilt
        hasBuildFailed = hasFailed
        self.isLive = isLive
        self.furthest = furthest
    }

    /// Nil for the first line of a command of several.
    private static func command(in line: String) -> String? {
        guard let start = line.firstIndex(of: "'"), let end = line.lastIndex(of: "'"), start < end,
            line[end...].dropFirst().allSatisfy({ $0 == "." })
        else { return nil }
        return String(line[start..<end].dropFirst())
    }

    private struct Draft {
        var text: String
        var time: String
        var moment: Timestamp?
        var isCut: Bool
    }

    private static func ordered(_ lines: [RenderLogLine]) -> ([Draft], Bool) {
        var seen: Set<String> = []
        var drafts: [[Draft]] = []
        var count = 0
        for line in lines {
            // Pages of a time window overlap where lines share a moment.
            guard line.id.isEmpty || seen.insert(line.id).inserted else { continue }
            guard count < mostRead else { break }
            let moment = Timestamp(line.timestamp)
            let texts = line.message.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            let parts = texts.prefix(mostRead - count).map { part in
                var part = part
                while part.last == "\r" { part.removeLast() }
                let plain = TerminalText.plain(part)
                return Draft(text: plain.text, time: line.timestamp, moment: moment, isCut: plain.isCut)
            }
            count += parts.count
            drafts.append(parts)
        }
        if isNewestFirst(drafts) { drafts.reverse() }
        // A line without a time stays behind the one it came after.
        var latest = Timestamp(microseconds: Int64.min)
        let keyed = drafts.enumerated().map { index, parts in
            latest = parts.first?.moment ?? latest
            return (key: latest, index: index, parts: parts)
        }
        let sorted = keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }
        return (sorted.flatMap(\.parts).filter { !$0.text.isEmpty }, count >= mostRead)
    }

    /// Whether the lines run backwards: by their times, or where all have the same, by Render's own marks.
    private static func isNewestFirst(_ drafts: [[Draft]]) -> Bool {
        let moments = drafts.compactMap { $0.first?.moment }
        var balance = zip(moments, moments.dropFirst()).reduce(0) { sum, pair in
            sum + (pair.0 < pair.1 ? 1 : pair.0 > pair.1 ? -1 : 0)
        }
        if balance == 0 {
            let phases = drafts.flatMap { $0 }.compactMap { PhaseMarker(line: $0.text) }.map { ($0.phase, $0.isEnd) }
            balance = zip(phases, phases.dropFirst()).reduce(0) { sum, pair in
                let (first, second) = pair
                if first.0 == second.0 { return sum + (second.1 ? 1 : 0) - (first.1 ? 1 : 0) }
                return sum + (first.0 < second.0 ? 1 : -1)
            }
        }
        return balance < 0
    }

    /// The window of a log may begin within the deploy before: what comes before the last clone behind an end is left out.
    private static func lastDeploy(of lines: [Draft]) -> ArraySlice<Draft> {
        var start = lines.startIndex
        var hasEnded = false
        for (index, line) in lines.enumerated() {
            guard let marker = PhaseMarker(line: line.text) else { continue }
            if marker.phase == .clone, hasEnded {
                start = index
                hasEnded = false
            }
            if marker.isEnd { hasEnded = true }
        }
        return lines[start...]
    }
}
