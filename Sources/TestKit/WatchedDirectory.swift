// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A directory of a test with the processes that belong to it. Both go when the object goes or this process ends, however
/// it ends.
final class WatchedDirectory: Sendable {
    let path: String
    private let leash: Int32

    init() throws {
        path = "/tmp/tutti-suite-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        var ends: [Int32] = [-1, -1]
        _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress.unsafelyUnwrapped) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        leash = ends[1]
        // It sleeps until the pipe to this process closes.
        let script = """
            trap '' INT TERM HUP; cat >/dev/null
            for file in "$1"/*.pid; do
              [ -e "$file" ] && kill -KILL "$(cat "$file")" 2>/dev/null
            done
            [ -e "$1/keep" ] || rm -rf "$1"
            """
        _ = try ChildProcess(
            ["/bin/sh", "-c", script, "sh", path], environment: ["PATH": "/usr/bin:/bin"], input: ends[0],
            output: "/dev/null")
        _ = close(ends[0])
    }

    deinit { _ = close(leash) }

    /// Leaves the files where they are, to be looked at.
    func keep() { _ = FileManager.default.createFile(atPath: "\(path)/keep", contents: nil) }

    /// Ends `process` at the latest when this process ends.
    func watch(_ process: ChildProcess) { write("\(process.id)\n", to: "\(process.id).pid") }

    /// Its number may soon be another's.
    func forget(_ process: ChildProcess) { try? FileManager.default.removeItem(atPath: "\(path)/\(process.id).pid") }

    private func write(_ text: String, to name: String) {
        _ = FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(text.utf8))
    }
}
