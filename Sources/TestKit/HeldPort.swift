// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// A port of the loopback interface that is kept for one server of a test, also while that server is not up. Until it is,
/// whoever connects is refused.
///
/// A socket has it that is bound and does not listen. Whoever binds with `SO_REUSEADDR`, as servers do, may have the port
/// beside it; the kernel gives it to nobody who takes any port.
package final class HeldPort: Sendable {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    package let number: Int
    private let descriptor: CInt

    package init() throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket (errno \(errno))") }
        var on: CInt = 1
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        let anyPort = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        var bound = sockaddr_storage()
        let isBound = unsafe anyPort.withSockAddr { address, size in
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            return unsafe withUnsafeMutableBytes(of: &bound) { bytes in
                let name = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
                return unsafe bind(descriptor, address, socklen_t(size)) == 0
                    && getsockname(descriptor, name, &length) == 0
            }
        }
        guard isBound else {
            let code = errno
            _ = close(descriptor)
            throw Failure(description: "no port (errno \(code))")
        }
        self.descriptor = descriptor
        // Behind the family, in the order of the network.
        number = unsafe withUnsafeBytes(of: &bound) { bytes in
            Int(UInt16(bigEndian: unsafe bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    deinit { _ = close(descriptor) }

    /// Runs `body` with a port on which nobody listens meanwhile.
    package static func withoutListener<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let held = try HeldPort()
        defer { withExtendedLifetime(held) {} }
        return try await body(held.number)
    }
}
