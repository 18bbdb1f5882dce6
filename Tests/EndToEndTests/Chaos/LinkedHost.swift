// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit

/// A host of chaos: in a network namespace of its own behind a link that can be made slow, lossy or dead where that is
/// possible, and with a clock of its own where that is.
struct LinkedHost: Sendable {
    /// How a link is at a moment.
    struct Condition: Sendable {
        /// Seconds that every packet takes in each direction, and as many more at random.
        var delay = 0.0
        /// The share of packets that is lost.
        var loss = 0.0
        var isDown = false
    }

    /// What the hosts are connected to: where the database and everything else is.
    static let center = "10.213.0.1"
    /// Debian's libfaketime; nil where it is not installed.
    private static let fakeClock = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) }
    /// Whether this process is in network and mount namespaces of its own, where it may do as it likes.
    static let hasNetwork = ProcessInfo.processInfo.environment["TUTTI_CHAOS_PRIVATE"] == "yes"
    static let hasClock = fakeClock != nil

    let host: TestHost
    private let settings: String
    private let clock: String

    /// Starts the host of that number.
    static func start(_ name: String, number: Int, seed: UInt64, in stack: DaemonStack) async throws -> LinkedHost {
        let settings = "\(stack.folder)/\(name).link"
        let clock = "\(stack.folder)/\(name).clock"
        var environment: [String: String] = [:]
        if let fakeClock {
            environment = [
                // jemalloc asks for the time before the clock is ready for it, so memory comes from the libraries of C and C++.
                "LD_PRELOAD": fakeClock + ":libc.so.6:libstdc++.so.6", "FAKETIME_TIMESTAMP_FILE": clock,
                "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ]
            try replace(clock, by: "+0\n")
        }
        guard hasNetwork else {
            let host = TestHost(name: name, address: TestHost.here.address, environment: environment)
            return LinkedHost(host: host, settings: settings, clock: clock)
        }
        let address = "10.213.0.\(10 + number)"
        try replace(settings, by: text(of: Condition()))
        let link = try stack.launch(
            ["/usr/bin/python3", try Support.path("link.py"), name, center, address, settings, "\(seed)"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], output: "\(name).link.log")
        try await eventually(within: .seconds(20)) {
            guard link.ending == nil else { throw UnexpectedAnswer(description: "link.py ended, see \(name).link.log") }
            return FileManager.default.fileExists(atPath: "\(settings).ready")
        }
        environment["HOST"] = address
        let host = TestHost(
            name: name, address: address, entry: ["/usr/bin/nsenter", "--net=/proc/\(link.id)/ns/net", "--"],
            environment: environment)
        return LinkedHost(host: host, settings: settings, clock: clock)
    }

    /// Makes the link so.
    func setLink(_ condition: Condition) throws { try Self.replace(settings, by: Self.text(of: condition)) }

    /// Sets the clock of everything on the host off by so many seconds.
    func setClock(offBy seconds: Int) throws { try Self.replace(clock, by: "\(seconds < 0 ? "" : "+")\(seconds)\n") }

    private static func text(of condition: Condition) -> String {
        """
        {"delay": \(condition.delay), "jitter": \(condition.delay), "loss": \(condition.loss), \
        "is_down": \(condition.isDown)}
        """
    }

    /// In one step, so that nobody reads half of it.
    private static func replace(_ path: String, by text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
