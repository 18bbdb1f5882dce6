// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// The two streams and who is at the other end.
enum Terminal {
    /// What was asked for.
    static func write(_ text: String) { put(text, FileHandle.standardOutput) }

    /// Progress, warnings and errors.
    static func note(_ text: String) { put(text, FileHandle.standardError) }

    /// Whether a person reads what is written.
    static var showsOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks on standard error, and gives the answer; nil when there is none.
    static func ask(_ question: String) -> String? {
        FileHandle.standardError.write(Data(question.utf8))
        return readLine()
    }

    private static func put(_ text: String, _ stream: FileHandle) {
        guard !text.isEmpty else { return }
        // A reader that has gone away ends the program by SIGPIPE, as it should.
        stream.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
