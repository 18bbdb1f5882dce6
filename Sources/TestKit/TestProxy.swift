// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A real HAProxy on a loopback port in front of several daemons, which get requests and WebSockets in turn. It and its
/// files go when the object goes or the process ends, however it ends.
package final class TestProxy: Sendable {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The header of an answer that names the daemon it came from.
    package static let servedBy = "X-Served-By"

    package var port: Int { held.number }
    private let held: HeldPort
    private let directory: WatchedDirectory
    private let child: ChildProcess
    private static let binary = "/usr/sbin/haproxy"

    private init(held: HeldPort, directory: WatchedDirectory, child: ChildProcess) {
        self.held = held
        self.directory = directory
        self.child = child
    }

    deinit { child.send(SIGKILL) }

    /// Returns once it passes requests on.
    package static func start(before daemons: [DaemonProcess]) async throws -> TestProxy {
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw Failure(description: "no HAProxy is installed: apt-get install haproxy")
        }
        let held = try HeldPort()
        let directory = try WatchedDirectory()
        let path = "\(directory.path)/haproxy.cfg"
        let servers = daemons.map { "    server \($0.name) 127.0.0.1:\($0.port)\n" }.joined()
        let text = """
            defaults
                mode http
                option forwardfor
                timeout connect 5s
                timeout client 60s
                timeout server 60s
                timeout tunnel 1h
            frontend tutti
                bind 127.0.0.1:\(held.number)
                default_backend daemons
            backend daemons
                balance roundrobin
                http-response set-header \(servedBy) %s
            \(servers)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let output = "\(directory.path)/haproxy.log"
        let child = try ChildProcess(
            [binary, "-db", "-f", path], environment: ["PATH": "/usr/bin:/bin"], output: output)
        directory.watch(child)
        let proxy = TestProxy(held: held, directory: directory, child: child)
        try await eventually(within: .seconds(20)) {
            guard child.ending == nil else {
                throw Failure(description: "HAProxy ended: \(try String(contentsOfFile: output, encoding: .utf8))")
            }
            return try await PlainHTTPClient(port: held.number).get("/health").status == 200
        }
        return proxy
    }
}
