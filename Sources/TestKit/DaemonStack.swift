// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import Glibc
import Synchronization
package import Testing

/// The secrets of one installation, made anew for each test.
package struct StackCredentials: Sendable {
    package let password = Self.random(12)
    package let internalKey = Self.random(24)
    /// An Ed25519 seed in base64.
    package let signingKey = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()

    package var basic: String { BasicCredentials.header(user: "admin", password: Secret(password)) }

    private static func random(_ bytes: Int) -> String {
        Hex.text((0..<bytes).map { _ in UInt8.random(in: 0...255) })
    }
}

/// Daemons of ours that work together over one database. Everything stops at the end of the test, however it ends.
package final class DaemonStack: Sendable {
    package let databaseURL: String
    package let credentials = StackCredentials()
    let directory: WatchedDirectory
    private let daemons = Mutex<[DaemonProcess]>([])
    private let strangers = Mutex<[ChildProcess]>([])
    private let hasFailed = Atomic<Bool>(false)
    @TaskLocal private static var current: DaemonStack?

    /// Stacks at a time: they share two processors, and wait much of the time.
    private static let places = TestDatabasePlaces(count: 3)
    /// Nobody listens on the port of a service that is not there.
    private static let nobody = "http://127.0.0.1:1"

    private init(databaseURL: String) throws {
        self.databaseURL = databaseURL
        directory = try WatchedDirectory()
    }

    /// Runs `body` with a stack on a database of its own, or on the one given, in which nothing has been started.
    package static func with<Value>(
        database: String? = nil, _ body: (DaemonStack) async throws -> Value
    ) async throws -> Value {
        try await places.acquire()
        do {
            let value =
                if let database { try await run(on: database, body) } else {
                    try await withDatabase { try await run(on: $0, body) }
                }
            await places.release()
            return value
        } catch {
            await places.release()
            throw error
        }
    }

    private static func run<Value>(
        on database: String, _ body: (DaemonStack) async throws -> Value
    ) async throws -> Value {
        let stack = try DaemonStack(databaseURL: database)
        let value: Value
        do {
            value = try await $current.withValue(stack) { try await body(stack) }
        } catch {
            stack.hasFailed.store(true, ordering: .relaxed)
            await stack.stop()
            throw error
        }
        await stack.stop()
        return value
    }

    // MARK: Daemons

    /// A daemon that can be started, with `settings` over those that every daemon of the stack has.
    ///
    /// It finds the daemons that were started before it.
    package func daemon(
        _ program: Program, name: String? = nil, on host: TestHost = .here, settings: [String: String] = [:]
    ) -> DaemonProcess {
        let daemon = DaemonProcess(
            program, name: name ?? program.rawValue, host: host, settings: environment().merging(settings) { $1 },
            credentials: credentials, directory: directory)
        daemons.withLock { $0.append(daemon) }
        return daemon
    }

    /// Starts a daemon and waits until it is ready.
    package func start(
        _ program: Program, name: String? = nil, on host: TestHost = .here, settings: [String: String] = [:]
    ) async throws -> DaemonProcess {
        let daemon = daemon(program, name: name, on: host, settings: settings)
        try await daemon.start()
        return daemon
    }

    /// What every program is configured with here; each takes what it knows.
    package func environment() -> [String: String] {
        let daemons = daemons.withLock { $0 }
        func url(_ program: Program) -> String {
            daemons.first { $0.program == program && $0.port > 0 }?.baseURL ?? Self.nobody
        }
        return [
            "PATH": "/usr/bin:/bin", "LOG_LEVEL": "info", "DATABASE_URL": databaseURL,
            "BASIC_AUTH_PASS": credentials.password, "INTERNAL_KEY": credentials.internalKey,
            "EVENT_SIGNING_KEY": credentials.signingKey, "HEAD_SIGNING_SECONDS": "0.5",
            "LOGGING_SVC_URL": url(.logging), "ORCHESTRATOR_SVC_URL": url(.orchestrator),
        ]
    }

    /// Runs a program to its end; `changes` with an empty value leave a setting unset.
    package func run(
        _ program: Program, _ arguments: [String] = [], changes: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> (ending: ChildProcess.Ending, output: String) {
        let output = "\(directory.path)/\(program.rawValue)-\(UUID().uuidString).out"
        let settings = environment().merging(changes) { $1 }.filter { !$0.value.isEmpty }
        let child = try ChildProcess([try program.path] + arguments, environment: settings, output: output)
        directory.watch(child)
        defer { directory.forget(child) }
        let ending = try await child.waitForEnd(within: limit)
        return (ending, String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self))
    }

    // MARK: Programs of others

    /// Where files of the test may be put; they go with the stack.
    package var folder: String { directory.path }

    /// Starts a program that is no daemon of ours, by its full path. It is killed at the end of the test.
    package func launch(
        _ command: [String], environment: [String: String] = [:], output: String
    ) throws -> ChildProcess {
        let child = try ChildProcess(
            command, environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 },
            output: "\(directory.path)/\(output)")
        directory.watch(child)
        strangers.withLock { $0.append(child) }
        return child
    }

    // MARK: The end

    private func stop() async {
        let daemons = daemons.withLock { $0 }
        for daemon in daemons {
            guard let ending = daemon.endedByItself else { continue }
            hasFailed.store(true, ordering: .relaxed)
            Issue.record("\(daemon.name) ended by itself: \(ending)")
        }
        for daemon in daemons { await daemon.stop() }
        for stranger in strangers.withLock({ $0 }) {
            stranger.send(SIGKILL)
            if (try? await stranger.waitForEnd(within: .seconds(10))) != nil { directory.forget(stranger) }
        }
        guard hasFailed.load(ordering: .relaxed) else { return }
        directory.keep()
        print("the logs of the failed test are in \(directory.path)")
        for daemon in daemons { Attachment.record(daemon.log, named: "\(daemon.name).log") }
    }

    /// Remembers that the running test has failed, so that the logs of its daemons are attached.
    fileprivate static func noteFailure() { current?.hasFailed.store(true, ordering: .relaxed) }
}

extension Trait where Self == IssueHandlingTrait {
    /// Attaches the logs of a test's daemons when it fails.
    package static var daemonLogs: IssueHandlingTrait {
        .compactMapIssues { issue in
            DaemonStack.noteFailure()
            return issue
        }
    }
}
