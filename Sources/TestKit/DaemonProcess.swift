// SPDX-License-Identifier: Apache-2.0

package import Common
import Foundation
import Glibc
import Synchronization

/// One of our programs, by the name of its binary.
package enum Program: String, Sendable, CaseIterable {
    case orchestrator = "orchestrator-svc"
    case logging = "logging-svc"
    case echo = "echo-agent-svc"
    case engine = "engine-svc"
    case renderctl = "renderctl-svc"

    /// The binary in `TUTTI_BIN_DIR`, else beside the running test bundle.
    package var path: String { get throws { try BuiltProgram.path(rawValue) } }
}

/// A daemon of ours as a process of its own, on a port that it keeps over restarts.
package final class DaemonProcess: Sendable {
    package let program: Program
    /// Tells it apart from others of the same program.
    package let name: String
    /// Where it runs.
    package let host: TestHost
    private let directory: WatchedDirectory
    private let credentials: StackCredentials

    private struct State {
        var settings: [String: String]
        var child: ChildProcess?
        /// Where it listens, once it does.
        var port: Int?
        /// Kept for it on this machine; on a host of its own nobody else takes ports.
        var held: HeldPort?
        /// Whether a test ended it, or let it end.
        var isExpectedToRun = false
    }

    private let state: Mutex<State>

    init(
        _ program: Program, name: String, host: TestHost, settings: [String: String], credentials: StackCredentials,
        directory: WatchedDirectory
    ) {
        self.program = program
        self.name = name
        self.host = host
        self.directory = directory
        self.credentials = credentials
        state = Mutex(State(settings: settings))
    }

    // MARK: Who calls

    /// The port it listens on; 0 before it ever did.
    package var port: Int { state.withLock { $0.port ?? 0 } }
    package var baseURL: String { "http://\(host.address):\(port)" }
    /// A caller without credentials.
    package var anybody: PlainHTTPClient { PlainHTTPClient(host: host.address, port: port) }
    /// A person with the right password.
    package var person: PlainHTTPClient { anybody.with("Authorization", credentials.basic) }
    /// A daemon with the right key.
    package var peer: PlainHTTPClient { anybody.with("X-INTERNAL-KEY", credentials.internalKey) }

    // MARK: Its life

    /// Starts it, with changed settings if any, and waits until it is ready.
    package func start(_ changes: [String: String] = [:]) async throws {
        try launch(changes)
        try await waitUntilListening()
        try await waitUntilReady()
    }

    /// Starts it without waiting.
    package func launch(_ changes: [String: String] = [:]) throws {
        try? FileManager.default.removeItem(atPath: portFile)
        let path = try program.path
        try state.withLock { state in
            state.settings.merge(changes) { $1 }
            var environment = state.settings
            if environment["PORT"] == nil, host.isThisMachine, state.held == nil { state.held = try HeldPort() }
            environment["PORT"] = environment["PORT"] ?? String(state.port ?? state.held?.number ?? 0)
            environment["PORT_FILE"] = portFile
            environment.merge(host.environment) { $1 }
            let child = try ChildProcess(host.entry + [path], environment: environment, output: logPath)
            directory.watch(child)
            state.child = child
            state.isExpectedToRun = true
        }
    }

    /// Waits until it has written its port; throws what it printed when it ends instead.
    package func waitUntilListening(within limit: Duration = .seconds(60)) async throws {
        let port: Int = try await eventually(within: limit) {
            try alive()
            let text = try String(contentsOfFile: portFile, encoding: .utf8)
            return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        state.withLock { $0.port = port }
    }

    /// Waits until `/ready` is answered with 200.
    package func waitUntilReady(within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit) {
            try alive()
            return try await readiness() == 200
        }
    }

    /// The status of `/ready`.
    package func readiness() async throws -> Int {
        try await anybody.send("GET", "/ready", within: .seconds(5)).status
    }

    /// Asks it to stop by SIGTERM and waits for its end.
    @discardableResult
    package func terminate(within limit: Duration = .seconds(30)) async throws -> ChildProcess.Ending {
        expectEnd()
        signal(SIGTERM)
        return try await waitForEnd(within: limit)
    }

    /// Asks it to stop by SIGTERM.
    package func beginTermination() {
        expectEnd()
        signal(SIGTERM)
    }

    /// Ends it as a power failure would.
    package func kill() async throws {
        expectEnd()
        signal(SIGKILL)
        _ = try await waitForEnd(within: .seconds(10))
    }

    /// Stops it in the middle of whatever it does, until `resume`.
    package func pause() { signal(SIGSTOP) }
    package func resume() { signal(SIGCONT) }

    /// How it ended, once it has.
    package func waitForEnd(within limit: Duration = .seconds(30)) async throws -> ChildProcess.Ending {
        expectEnd()
        guard let child = state.withLock({ $0.child }) else {
            throw ChildProcess.Failure(description: "\(name) was never started")
        }
        let ending = try await child.waitForEnd(within: limit)
        directory.forget(child)
        return ending
    }

    private func signal(_ signal: Int32) { state.withLock { $0.child }?.send(signal) }
    private func expectEnd() { state.withLock { $0.isExpectedToRun = false } }

    private func alive() throws {
        guard let ending = state.withLock({ $0.child })?.ending else { return }
        throw ChildProcess.Failure(description: "\(name) ended (\(ending)): \(log.suffix(2000))")
    }

    // MARK: What it leaves

    package var logPath: String { "\(directory.path)/\(name).log" }
    private var portFile: String { "\(directory.path)/\(name).port" }

    /// Everything it has printed so far.
    package var log: String {
        String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: logPath))) ?? Data(), as: UTF8.self)
    }

    /// Its log lines as JSON; lines that are none are left out.
    package var logLines: [JSONValue] {
        log.split(separator: "\n").compactMap { try? JSONValue.parse(String($0)) }
    }

    /// Whether its process is gone, for whatever reason.
    package var hasEnded: Bool { state.withLock { $0.child?.ending != nil } }

    /// Whether it has ended though no test ended it.
    package var endedByItself: ChildProcess.Ending? {
        state.withLock { $0.isExpectedToRun ? $0.child?.ending : nil }
    }

    /// Ends it however it stands.
    func stop() async {
        signal(SIGKILL)
        guard let child = state.withLock({ $0.child }) else { return }
        _ = try? await child.waitForEnd(within: .seconds(10))
        directory.forget(child)
    }
}
