// SPDX-License-Identifier: Apache-2.0

/// Where daemons of a test run: this machine, or a host in a network of the test's own.
package struct TestHost: Sendable {
    package let name: String
    /// Where its daemons listen.
    package let address: String
    /// Stands before a program's path, to start it there.
    package let entry: [String]
    /// What every program there is given beside its settings.
    package let environment: [String: String]

    package init(name: String, address: String, entry: [String] = [], environment: [String: String] = [:]) {
        self.name = name
        self.address = address
        self.entry = entry
        self.environment = environment
    }

    /// This machine, over its loopback interface.
    package static let here = TestHost(name: "here", address: "127.0.0.1")

    /// Whether its daemons share the ports of this machine's loopback interface.
    var isThisMachine: Bool { entry.isEmpty && address == Self.here.address }
}
