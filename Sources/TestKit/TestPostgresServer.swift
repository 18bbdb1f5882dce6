// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// A real PostgreSQL server of one's own, which a test may stop, restart and kill. It and its files go when the object
/// goes or the process ends, however it ends.
package final class TestPostgresServer: Sendable {
    package enum StopMode: String, Sendable {
        /// Sessions are ended, everything is written down.
        case fast
        /// As if the power had failed.
        case immediate
    }

    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Holds the socket, the log and `data/`; short, because the path of a socket must be.
    package let directory: String
    package var port: Int { held.number }
    let binaries: String
    private let held: HeldPort
    private let leash: Int32

    private init(directory: String, held: HeldPort, binaries: String, leash: Int32) {
        self.directory = directory
        self.held = held
        self.binaries = binaries
        self.leash = leash
    }

    // The watchdog at the other end of the pipe stops the server and removes the files.
    deinit { _ = close(leash) }

    package var dataDirectory: String { "\(directory)/data" }
    package var logPath: String { "\(directory)/log" }

    /// The superuser's URL over the Unix socket.
    package func url(database: String = "postgres") -> String {
        "postgres://postgres@/\(database)?host=\(directory)&port=\(port)"
    }

    /// The same over TCP, through the proxy on `proxyPort` if there is one; `parameters` such as `sslmode=require` are
    /// appended.
    package func loopbackURL(
        database: String = "postgres", user: String = "postgres", host: String = "127.0.0.1", parameters: String = "",
        proxyPort: Int? = nil
    ) -> String {
        "postgres://\(user)@\(host):\(proxyPort ?? port)/\(database)" + (parameters.isEmpty ? "" : "?\(parameters)")
    }

    /// Creates and starts a server with `settings` of `postgresql.conf` over those that make tests fast.
    ///
    /// - Parameter volume: Megabytes of a volume of its own that its files lie on, and that can be made full; for root in
    ///   a mount namespace of its own.
    package static func start(
        fsync: Bool = false, volume: Int? = nil, settings: [String: String] = [:]
    ) async throws -> TestPostgresServer {
        let binaries = try findBinaries()
        let directory = try makeDirectory()
        let server = TestPostgresServer(
            directory: directory, held: try HeldPort(), binaries: binaries, leash: try startWatchdog(directory))
        if let volume { try await server.mountVolume(volume) }
        let initdb = [
            "\(binaries)/initdb", "-D", server.dataDirectory, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync",
        ]
        try await runProcess(asServerUser(initdb))
        let standing = [
            "fsync": fsync ? "on" : "off",
            "full_page_writes": fsync ? "on" : "off",
            "listen_addresses": "'127.0.0.1'",
            "max_connections": "400",
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
            "log_min_messages": "warning",
            "unix_socket_directories": "'\(directory)'",
        ]
        try server.configure(standing.merging(settings) { $1 })
        try await server.start()
        return server
    }

    /// Appends to `postgresql.conf`; takes effect at the next start.
    package func configure(_ settings: [String: String]) throws {
        let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
        try append(lines.joined(), to: "\(dataDirectory)/postgresql.conf")
    }

    /// Replaces `pg_hba.conf`; takes effect at the next start.
    package func setAuthentication(_ lines: String) throws {
        let path = "\(dataDirectory)/pg_hba.conf"
        try Data((lines + "\n").utf8).write(to: URL(fileURLWithPath: path))
        try giveToServer(path)
    }

    /// Makes a file readable by the server and nobody else, as it demands of its key.
    package func giveToServer(_ path: String) throws {
        _ = unsafe chmod(path, 0o600)
        guard geteuid() == 0 else { return }
        guard let user = unsafe getpwnam("postgres") else { throw Failure(description: "there is no user postgres") }
        _ = unsafe chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }

    /// Returns once the server accepts connections.
    package func start() async throws {
        let options = "-p \(port)"
        try await Self.runProcess(
            Self.asServerUser([
                "\(binaries)/pg_ctl", "start", "-w", "-t", "60", "-D", dataDirectory, "-l", logPath, "-o", options,
            ]))
    }

    /// Returns once the server has ended.
    package func stop(_ mode: StopMode = .fast) async throws {
        try await Self.runProcess(
            Self.asServerUser([
                "\(binaries)/pg_ctl", "stop", "-w", "-t", "60", "-m", mode.rawValue, "-D", dataDirectory,
            ]))
    }

    package func restart(_ mode: StopMode = .fast) async throws {
        try await stop(mode)
        try await start()
    }

    /// Sends SIGKILL to a backend, which makes the server end all sessions and recover.
    package func kill(backend pid: Int32) { _ = Glibc.kill(pid, SIGKILL) }

    /// Stops (`SIGSTOP`) or continues a backend, to play a server that does not answer.
    package func freeze(backend pid: Int32) { _ = Glibc.kill(pid, SIGSTOP) }
    package func thaw(backend pid: Int32) { _ = Glibc.kill(pid, SIGCONT) }

    private func append(_ text: String, to path: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}

extension TestPostgresServer {
    static func findBinaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        guard let newest = versions.compactMap(Int.init).max() else {
            throw Failure(description: "no PostgreSQL server is installed: apt-get install postgresql")
        }
        return "\(root)/\(newest)/bin"
    }

    private static func makeDirectory() throws -> String {
        var template = Array("/tmp/tutti-pg-XXXXXX".utf8CString)
        guard
            let made = unsafe template.withUnsafeMutableBufferPointer({
                unsafe mkdtemp($0.baseAddress.unsafelyUnwrapped)
            })
        else {
            throw Failure(description: "no directory can be made in /tmp")
        }
        let directory = unsafe String(cString: made)
        _ = unsafe chmod(directory, 0o755)
        if geteuid() == 0, let user = unsafe getpwnam("postgres") {
            _ = unsafe chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        return directory
    }
}
