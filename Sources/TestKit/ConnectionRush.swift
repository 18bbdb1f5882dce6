// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Clients that connect, ask for nothing and go, one behind the other: some are always just being accepted.
package enum ConnectionRush {
    private static let clients = 4

    private final class Target: Sendable {
        let port = Atomic(0)
        let isOver = Atomic(false)
    }

    /// Runs `body` meanwhile. It is given what is to be told the port to rush at, as often as that changes.
    package static func during(_ body: (@Sendable (Int) -> Void) async throws -> Void) async throws {
        let target = Target()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients { group.addTask { await rush(target) } }
            defer { target.isOver.store(true, ordering: .relaxed) }
            try await body { target.port.store($0, ordering: .relaxed) }
        }
    }

    private static func rush(_ target: Target) async {
        while !target.isOver.load(ordering: .relaxed) {
            let port = target.port.load(ordering: .relaxed)
            guard port > 0, let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port),
                let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(to: address).get()
            else {
                await Task.yield()
                continue
            }
            try? await channel.close()
        }
    }
}
