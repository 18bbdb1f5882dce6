// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation
import Synchronization

/// Where a process's log lines go: standard error, or memory in tests. One line is written at once, never torn.
package final class LogSink: Sendable {
    private let descriptor: Int32?
    private let redactor: Redactor
    private let captured = Mutex<[String]>([])

    /// The process's standard error.
    package static func standardError(redacting redactor: Redactor) -> LogSink { LogSink(STDERR_FILENO, redactor) }

    /// Lines kept in memory, to be read by a test.
    package static func memory(redacting redactor: Redactor = Redactor()) -> LogSink { LogSink(nil, redactor) }

    private init(_ descriptor: Int32?, _ redactor: Redactor) {
        self.descriptor = descriptor
        self.redactor = redactor
    }

    /// The lines so far; empty unless they are kept in memory.
    package var lines: [String] { captured.withLock { $0 } }

    /// Writes one line. What must not be read is replaced, unless the line is known to hold none of it.
    func write(_ line: [UInt8], isClean: Bool = false) {
        var bytes = line
        if !isClean {
            let text = String(decoding: line, as: UTF8.self)
            let redacted = redactor.redact(text)
            if redacted != text { bytes = Array(redacted.utf8) }
        }
        guard let descriptor else {
            return captured.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        bytes.append(UInt8(ascii: "\n"))
        // The lock keeps lines whole when a pipe takes only part of one.
        captured.withLock { _ in
            var start = 0
            while start < bytes.count {
                let written = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Foundation.write(
                        descriptor, buffer.baseAddress.map { unsafe $0 + start }, bytes.count - start)
                }
                if written < 0 && errno == EINTR { continue }
                // Nobody reads: a daemon must not stop because its log cannot be written.
                guard written > 0 else { return }
                start += written
            }
        }
    }
}
