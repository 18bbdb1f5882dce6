// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A program that a test started. It inherits nothing of the test's process but what it is given.
package final class ChildProcess: Sendable {
    /// How it ended.
    package enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package let id: Int32
    private let end = Mutex<Ending?>(nil)

    /// Starts `command`, whose first word is a full path. What it prints is appended to the file `output`, or to two files
    /// when there is one for its errors.
    package init(
        _ command: [String], environment: [String: String], input: Int32? = nil, output: String, errors: String? = nil
    ) throws {
        id = try Self.spawn(command, environment, input: input, output: output, errors: errors)
        // A thread of its own waits, because nothing else may be held up by a program that hangs.
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while unsafe (waitpid(id, &status, 0) == -1 && errno == EINTR) {}
            let signal = status & 0x7F
            end.withLock { $0 = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal) }
        }
    }

    /// How it ended; nil while it runs.
    package var ending: Ending? { end.withLock { $0 } }

    /// Sends a signal unless it has ended, when the number may belong to another process.
    package func send(_ signal: Int32) {
        end.withLock { end in
            if end == nil { _ = kill(id, signal) }
        }
    }

    /// Waits for its end.
    package func waitForEnd(within limit: Duration = .seconds(30)) async throws -> Ending {
        try await eventually(within: limit) { ending }
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], input: Int32?, output: String, errors: String?
    ) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input {
            _ = unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        _ = unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let errors {
            _ = unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        } else {
            _ = unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for case let descriptor? in open.map(Int32.init) where descriptor > 2 {
            _ = unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        // The threads that tests run on have signals blocked, which a child would inherit.
        var attributes = posix_spawnattr_t()
        _ = unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        _ = unsafe sigfillset(&all)
        _ = unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        _ = unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

        let arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
        guard code == 0 else { throw Failure(description: "\(command[0]) cannot be started: error \(code)") }
        return pid
    }
}
