// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A real Redis server of one's own on a loopback port, which a test may stop, kill, freeze and start again. It and its
/// files go when the object goes or the process ends, however it ends.
package final class TestRedisServer: Sendable {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package var port: Int { held.number }
    private let held: HeldPort
    private let directory: WatchedDirectory
    private let child = Mutex<ChildProcess?>(nil)
    private static let binary = "/usr/bin/redis-server"

    private init(held: HeldPort, directory: WatchedDirectory) {
        self.held = held
        self.directory = directory
    }

    // The watchdog of the directory would do it too, but only once it wakes.
    deinit { child.withLock { $0?.send(SIGKILL) } }

    /// The server's URL, with credentials such as `user:password@` in front of the host if any.
    package func url(_ credentials: String = "") -> String { "redis://\(credentials)127.0.0.1:\(port)" }

    /// Starts a server that keeps nothing on disk, with lines of `redis.conf` such as `requirepass secret` added.
    package static func start(_ lines: [String] = []) async throws -> TestRedisServer {
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw Failure(description: "no Redis server is installed: apt-get install redis-server")
        }
        let server = TestRedisServer(held: try HeldPort(), directory: try WatchedDirectory())
        let standing = [
            "bind 127.0.0.1", "port \(server.port)", "dir \(server.directory.path)", "save \"\"", "appendonly no",
            "daemonize no",
        ]
        let text = (standing + lines).map { $0 + "\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(server.directory.path)/redis.conf"))
        try await server.start()
        return server
    }

    /// Starts it again after `kill` or `stop`; returns once it accepts connections.
    package func start() async throws {
        let output = "\(directory.path)/redis-\(UUID().uuidString).log"
        let child = try ChildProcess(
            [Self.binary, "\(directory.path)/redis.conf"], environment: ["PATH": "/usr/bin:/bin"], output: output)
        directory.watch(child)
        self.child.withLock { $0 = child }
        try await eventually(within: .seconds(20)) {
            let log = try String(contentsOfFile: output, encoding: .utf8)
            guard child.ending == nil else { throw Failure(description: "Redis ended: \(log)") }
            return log.contains("Ready to accept connections")
        }
    }

    /// Ends it as a power failure would.
    package func kill() async throws { try await end(SIGKILL) }

    /// Asks it to stop, and waits until it has.
    package func stop() async throws { try await end(SIGTERM) }

    /// What the server answers to a command, such as `["INFO", "commandstats"]`.
    package func command(_ words: [String], password: String? = nil) async throws -> String {
        let output = "\(directory.path)/answer-\(UUID().uuidString)"
        let environment = ["PATH": "/usr/bin:/bin"].merging(password.map { ["REDISCLI_AUTH": $0] } ?? [:]) { $1 }
        let child = try ChildProcess(
            ["/usr/bin/redis-cli", "-h", "127.0.0.1", "-p", "\(port)"] + words, environment: environment,
            output: output)
        directory.watch(child)
        defer { directory.forget(child) }
        let ending = try await child.waitForEnd()
        let answer = try String(contentsOfFile: output, encoding: .utf8)
        guard ending == .exited(0) else { throw Failure(description: "\(words[0]) ended with \(ending): \(answer)") }
        return answer
    }

    /// Stops it in the middle of whatever it does, until `resume`: connections stay, answers do not come.
    package func pause() { child.withLock { $0 }?.send(SIGSTOP) }
    package func resume() { child.withLock { $0 }?.send(SIGCONT) }

    private func end(_ signal: Int32) async throws {
        guard let child = child.withLock({ $0 }) else { return }
        child.send(signal)
        _ = try await child.waitForEnd(within: .seconds(10))
        directory.forget(child)
    }
}
