// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor
import Testing

/// Lines in order, without what was meant for a terminal, each in its phase.
@Suite struct BuildLogTests {
    private func log(_ lines: [(String, String)]) -> BuildLog {
        BuildLog(
            lines.enumerated().map {
                RenderLogLine(id: "l\($0.offset)", message: $0.element.1, timestamp: $0.element.0)
            })
    }

    @Test func `lines are in the order of their times, and ties in the order of the pages`() {
        let lines = log([
            ("2026-11-22T06:00:02Z", "c"), ("2026-11-22T06:00:01Z", "a"), ("2026-11-22T06:00:01Z", "b"),
            ("2026-11-22T06:00:03Z", "d"), ("not a time", "e"),
        ])
        #expect(lines.lines.map(\.text) == ["a", "b", "c", "d", "e"])
    }

    @Test func `ties of a page that runs backwards are turned around`() {
        let lines = log([
            ("2026-11-22T06:00:03Z", "d"), ("2026-11-22T06:00:01Z", "c"), ("2026-11-22T06:00:01Z", "b"),
            ("2026-11-22T06:00:00Z", "a"),
        ])
        #expect(lines.lines.map(\.text) == ["a", "b", "c", "d"])
    }

    @Test func `phases follow Render's marks`() {
        let texts = [
            "==> Cloning from https://github.com/a/b", "==> Checking out commit 1", "npm ci", "==> Build successful 🎉",
            "==> Uploading build...", "==> Deploying...", "==> Running 'npm start'", "listening",
            "==> Your service is live 🎉",
        ]
        let log = log(texts.enumerated().map { ("2026-11-22T06:00:0\($0.offset)Z", $0.element) })
        #expect(
            log.lines.map(\.phase) == [.clone, .clone, .build, .build, .upload, .upload, .start, .start, .live])
        #expect(log.hasBuilt && log.isLive && !log.hasBuildFailed && log.furthest == .live)
    }

    @Test func `one message of several lines is several lines`() {
        let log = log([("2026-11-22T06:00:00Z", "one\r\ntwo\n\nthree\u{1B}[0m")])
        #expect(log.lines.map(\.text) == ["one", "two", "three"])
    }

    @Test func `marks that turn the direction of writing and other controls are gone`() {
        let log = log([("2026-11-22T06:00:00Z", "a\u{202E}b\u{07}c\u{9B}31md\u{1B}Pq\u{1B}\\e\u{0}\tf")])
        #expect(log.lines.map(\.text) == ["abcde f"])
    }

    @Test func `a log says whether it goes back to its beginning, and which command it ran`() {
        let whole = BuildLog(RecordedLog.site("x", build: "npm ci && npm run build", "", .person, "").lines)
        #expect(whole.hasBeginning && whole.command == "npm ci && npm run build")
        let end = log([("2026-11-22T06:00:00Z", "==> Build failed 😞")])
        #expect(!end.hasBeginning && end.command == nil)
        let several = log([
            ("2026-11-22T06:00:00Z", "==> Running build command 'npm ci"), ("2026-11-22T06:00:01Z", "x'..."),
        ])
        #expect(several.command == nil)
    }

    @Test func `times of nine digits are in order`() {
        let lines = log([
            ("2025-11-26T12:57:47.751458908Z", "b"), ("2025-11-26T12:57:47.687396104Z", "a"),
            ("2025-11-26T12:57:47.751458999Z", "c"),
        ])
        #expect(lines.lines.map(\.text) == ["a", "b", "c"])
    }

    @Test func `marks that nobody sees do not hide words`() {
        let log = log([("2026-11-22T06:00:00Z", "pa\u{AD}ss\u{200D}wo\u{2060}rd\u{61C}\u{E0041}")])
        #expect(log.lines.map(\.text) == ["password"])
    }

    @Test func `lines are bounded in length and number`() {
        let long = log([("2026-11-22T06:00:00Z", String(repeating: "x", count: 100_000))])
        #expect(long.lines[0].text.count == 2_000 && long.isTruncated)
        let many = log((0..<6_000).map { ("2026-11-22T06:00:00Z", "line \($0)") })
        #expect(many.lines.count == BuildLog.mostLines && many.isTruncated)
        #expect(many.lines.last?.text == "line 5999")
    }
}

/// The catalogue is data that has to hold together.
@Suite struct SignatureCatalogTests {
    @Test func `every signature has a name of its own, a pattern, words and an advice`() throws {
        #expect(Set(SignatureCatalog.all.map(\.id)).count == SignatureCatalog.all.count)
        #expect(SignatureCatalog.all.count >= 28)
        for signature in SignatureCatalog.all {
            #expect((try? Pattern(signature.pattern)) != nil, "\(signature.id)")
            #expect(!signature.needles.isEmpty && !signature.cause.isEmpty && !signature.advice.isEmpty)
            #expect(SignatureCatalog.signature(signature.id)?.id == signature.id)
        }
    }
}
