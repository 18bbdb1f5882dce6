// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

extension TestPostgresServer {
    /// A shell that sleeps until the pipe to this process closes, then ends the server and removes its files.
    static func startWatchdog(_ directory: String) throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress.unsafelyUnwrapped) }
        // Children must not inherit our end, or the pipe would stay open with them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let script = """
            trap '' INT TERM HUP; cat >/dev/null
            pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
            if [ -n "$pid" ]; then
              pkill -CONT -P "$pid"; kill -QUIT "$pid" 2>/dev/null
              for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
            fi
            mountpoint -q "$1/data" && umount -l "$1/data"
            rm -rf "$1"
            """
        let pid = try spawn(["/bin/sh", "-c", script, "sh", directory], input: ends[0], output: "/dev/null")
        _ = close(ends[0])
        // Reaped when it ends, which is usually after this process.
        Thread.detachNewThread { _ = waitpid(pid, nil, 0) }
        return ends[1]
    }

    /// The server refuses to run as root.
    static func asServerUser(_ command: [String]) -> [String] {
        // Tools look for their neighbours from the current directory, which another user may not be able to enter.
        let command = ["/usr/bin/env", "-C", "/tmp"] + command
        if geteuid() != 0 { return command }
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + command
    }

    /// Runs a program, given by its full path, to its end; throws its output when it fails.
    package static func runProcess(_ command: [String]) async throws {
        let output = "/tmp/tutti-run-\(UUID().uuidString)"
        defer { _ = unsafe unlink(output) }
        let pid = try spawn(command, input: nil, output: output)
        let status: Int32 = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while unsafe (waitpid(pid, &status, 0) == -1 && errno == EINTR) {}
                continuation.resume(returning: status)
            }
        }
        guard status == 0 else {
            let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            throw Failure(description: "\(command.joined(separator: " ")) ended with status \(status): \(said)")
        }
    }

    /// Starts a program that inherits nothing but the three standard streams.
    ///
    /// `Foundation.Process` will not do: it sees the end of a program only when all heirs of a socket of its own have
    /// ended too, and the server is such an heir.
    private static func spawn(_ command: [String], input: Int32?, output: String) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input {
            _ = unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        _ = unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for case let descriptor? in open.map(Int32.init) where descriptor > 2 {
            _ = unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        let arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, command[0], &actions, nil, arguments, environ)
        guard code == 0 else { throw Failure(description: "\(command[0]) cannot be started: error \(code)") }
        return pid
    }
}
