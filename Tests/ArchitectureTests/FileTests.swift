// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What every file must be, whatever is in it.
@Suite struct FileTests {
    private func files() throws -> [Repository.File] {
        try Repository.swiftFiles("Sources", "services", "packages", "Benchmarks", "Tests")
    }

    @Test func `no file is longer than 500 lines`() throws {
        let long = try files().filter { $0.lines.count > 501 }
        expectNone(long.map { "\($0.path): \($0.lines.count - 1) lines" }, "too long; split it by topic")
    }

    @Test func `every file says its licence in its first line`() throws {
        let unmarked = try files().filter { !$0.text.hasPrefix("// SPDX-License-Identifier: Apache-2.0\n") }
        expectNone(unmarked.map(\.path), "no SPDX line at the head")
    }

    @Test func `no file is called after nothing in particular`() throws {
        let nothings = /^(Common|Misc|Base|Extensions|.*Util(s|ities)?|.*Helpers?|.*Managers?)$/
        let vague = try files().filter { $0.stem.contains(nothings) }
        expectNone(vague.map(\.path), "name it for what is in it")
    }

    @Test func `nothing is left for later in a comment`() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        let phrases = ["for " + "now", "not " + "implemented", "not yet " + "implemented", "dum" + "my"]
        let findings = try files().flatMap { file in
            found(in: file, lines: file.lines, having: marks + phrases) { line in
                let words = Set(line.split { !$0.isLetter }.map(String.init))
                return marks.contains(where: words.contains) || phrases.contains { line.contains($0) }
            }
        }
        expectNone(findings, "say what is so, or make it so")
    }
}

/// Constructs that compile and that we do without.
@Suite struct ConstructTests {
    @Test func `tasks and queues are started by ServiceKit and Postgres only`() throws {
        let free: Set<String> = ["ServiceKit", "Postgres", "TestKit"]
        let files = try Repository.swiftFiles("Sources", "services").filter { !free.contains($0.module) }
        let findings = files.flatMap { file in
            found(in: file, lines: file.code, having: ["Task", "Dispatch", "Thread"]) {
                $0.contains(/\bTask(<[^>]*>)?(\.detached|\.init)?\s*(\([^)]*\)\s*)?\{/)
                    || $0.contains(/\bDispatch(Queue|Source|Group|Semaphore)\b/) || $0.contains(/\bThread\b\s*[({]/)
            }
        }
        expectNone(findings, "use a task group, so that nothing outlives its caller")
    }

    @Test func `Sendable is taken on trust in Postgres only`() throws {
        let files = try Repository.swiftFiles("Sources", "services").filter { $0.module != "Postgres" }
        let findings = files.flatMap { file in
            found(in: file, lines: file.code, having: ["unchecked", "unsafe"]) {
                $0.contains(/@unchecked Sendable|nonisolated\(unsafe\)/)
            }
        }
        expectNone(findings, "let the compiler prove it")
    }

    @Test func `libpq is called in Postgres, hiredis in Redis, and Hummingbird in ServiceKit, only`() throws {
        let findings = try Repository.swiftFiles("Sources", "services").flatMap { file in
            found(in: file, lines: file.code, having: ["PQ", "redis", "Hummingbird"]) {
                (file.module != "Postgres" && $0.contains(/\bPQ[a-z]\w+\(/))
                    || (file.module != "Redis" && $0.contains(/\bredis[A-Z]\w+\(/))
                    || (file.module != "ServiceKit" && $0.contains(/\bimport Hummingbird/))
            }
        }
        expectNone(findings, "go through the module that owns it")
    }

    @Test func `everything shared is package, never public`() throws {
        let findings = try Repository.swiftFiles("Sources", "services").flatMap { file in
            found(in: file, lines: file.code, having: ["public", "open"]) {
                $0.contains(/^\s*(@\w+\s+)*(public|open (class|func|var))\s/)
            }
        }
        expectNone(findings, "nobody outside this package links it")
    }

    @Test func `nothing is forced`() throws {
        let findings = try Repository.swiftFiles("Sources", "services", "Tests").flatMap { file in
            found(in: file, lines: file.code, having: ["try" + "!", "as" + "!"]) {
                $0.contains(/\btry!/) || $0.contains(/\bas!\s/)
            }
        }
        expectNone(findings, "handle the error, or make it impossible by type")
    }

    @Test func `SQL is written in Store and Postgres only`() throws {
        let statement = /\b(SELECT\s.+\sFROM\s+(?!unnest\()|(INSERT INTO|UPDATE\s\w+\sSET|DELETE FROM|CREATE TABLE)\s)/
        let files = try Repository.swiftFiles("Sources", "services").filter {
            !["Store", "Postgres", "TestKit"].contains($0.module)
        }
        let findings = files.flatMap { file in
            found(in: file, lines: file.code, having: ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"]) {
                $0.contains(statement)
            }
        }
        expectNone(findings, "move the statement to the schema's folder in Store")
    }

    @Test func `tests wait for a state, never for a time`() throws {
        let waits = ["Task." + "sleep", "u" + "sleep(", "Thread." + "sleep"]
        let findings = try Repository.swiftFiles("Tests").flatMap { file in
            found(in: file, lines: file.code) { line in waits.contains { line.contains($0) } }
        }
        expectNone(findings, "use eventually(within:)")
    }

    @Test func `no test is switched off`() throws {
        let switches = [".dis" + "abled", "withKnown" + "Issue"]
        let findings = try Repository.swiftFiles("Tests").flatMap { file in
            found(in: file, lines: file.code) { line in switches.contains { line.contains($0) } }
        }
        expectNone(findings, "mend it or remove it")
    }
}

/// "path:line: text" for each line that `matches` and has one of `words` in it, which is quick to see.
private func found(
    in file: Repository.File, lines: [Substring], having words: [String] = [""], where matches: (Substring) -> Bool
) -> [String] {
    guard words.contains(where: { file.text.utf8.contains($0.utf8) }) else { return [] }
    return lines.enumerated().compactMap { index, line in
        guard words.contains(where: { line.utf8.contains($0.utf8) }), matches(line) else { return nil }
        return "\(file.path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces).prefix(100))"
    }
}
