// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The exit codes, the same for every command.
enum Ending {
    /// Nothing to do, or all of it done.
    static let clean: Int32 = 0
    static let error: Int32 = 1
    static let changes: Int32 = 2
    /// Somebody changed something elsewhere, and the file asks for nothing else.
    static let drift: Int32 = 3
    /// What was planned may not be applied.
    static let blocked: Int32 = 4

    /// By the word that plans come to.
    static func of(outcome: String) -> Int32? {
        switch outcome {
        case "clean": clean
        case "changes": changes
        case "drift": drift
        case "blocked": blocked
        default: nil
        }
    }

    /// The word for an exit code; nil for errors.
    static func outcome(of ending: Int32) -> String? {
        ["clean", "changes", "drift", "blocked"].first { of(outcome: $0) == ending }
    }

    /// Ends the command with a code; 0 is no error.
    static func end(_ code: Int32) throws { if code != clean { throw ArgumentParser.ExitCode(code) } }
}
