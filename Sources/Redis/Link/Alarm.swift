// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ends the `poll` of another thread: a pipe with something in it once it was rung.
final class Alarm: Sendable {
    /// Readable once the alarm was rung, until `silence`.
    let descriptor: Int32
    private let bell: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let code = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress.unsafelyUnwrapped) }
        precondition(code == 0, "the process has no file descriptors left")
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (descriptor, bell) = (ends[0], ends[1])
    }

    deinit {
        _ = close(descriptor)
        _ = close(bell)
    }

    func ring() {
        var byte: UInt8 = 1
        // A full pipe is fine: the thread is about to wake anyway.
        _ = unsafe write(bell, &byte, 1)
    }

    func silence() {
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while unsafe read(descriptor, buffer.baseAddress, 64) == 64 {}
        }
    }

    /// Returns when it was rung, or at `time`.
    func wait(until time: ContinuousClock.Instant) {
        var entry = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        _ = unsafe poll(&entry, 1, Self.milliseconds(until: time))
        silence()
    }

    /// For `poll`, rounded up so that the time has come when it returns.
    static func milliseconds(until time: ContinuousClock.Instant) -> Int32 {
        let (seconds, attoseconds) = (time - .now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return Int32(min(seconds, 3600) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}
