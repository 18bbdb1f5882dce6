// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// The one thread on which answers arrive: it waits for all sockets and timers of the process and calls their owners.
///
/// Statements are sent by whoever issues them, so this thread only reads, and sends the rest of what did not fit into a
/// socket at once. It uses `poll`, whose cost for the few dozen connections of a daemon is beneath what can be measured.
final class Reactor: Sendable {
    static let shared = Reactor()

    private struct Registration {
        weak let link: Link?
        let socket: Int32
        var wantsWrite: Bool
    }

    private struct State {
        var registrations: [UInt64: Registration] = [:]
        var timers = TimerHeap()
        var nextID: UInt64 = 1
        var hasChanged = true
        var isRunning = false
        /// Set while in `poll`: only then is a byte in the pipe needed to be noticed.
        var isAsleep = false
    }

    private let state = Mutex(State())
    private let wakeReader: Int32
    private let wakeWriter: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        let code = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress.unsafelyUnwrapped) }
        precondition(code == 0, "the process has no file descriptors left")
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeReader = ends[0]
        wakeWriter = ends[1]
    }

    func newID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    func add(_ link: Link, id: UInt64, socket: Int32, wantsWrite: Bool) {
        change { $0.registrations[id] = Registration(link: link, socket: socket, wantsWrite: wantsWrite) }
    }

    /// Must come before the socket is closed, for its number may be used again at once.
    func remove(id: UInt64) { change { $0.registrations[id] = nil } }

    func setWantsWrite(_ wanted: Bool, id: UInt64) { change { $0.registrations[id]?.wantsWrite = wanted } }

    /// Calls `target` on the reactor's thread at `time` or soon after.
    func schedule(_ target: any TimerTarget, at time: UInt64) {
        if time == MonotonicClock.never { return }
        let (starts, wakes) = state.withLock { state in
            let isEarlier = time < state.timers.earliest
            state.timers.insert(at: time, target)
            return (start(&state), isEarlier && state.isAsleep)
        }
        if starts { BlockingThreads.detach { self.loop() } } else if wakes { wake() }
    }

    private func change(_ body: (inout State) -> Void) {
        let (starts, wakes) = state.withLock { state in
            body(&state)
            state.hasChanged = true
            return (start(&state), state.isAsleep)
        }
        if starts { BlockingThreads.detach { self.loop() } } else if wakes { wake() }
    }

    private func start(_ state: inout State) -> Bool {
        if state.isRunning { return false }
        state.isRunning = true
        return true
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full pipe is fine: the thread is about to wake anyway.
        _ = unsafe write(wakeWriter, &byte, 1)
    }

    private func drainPipe() {
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while unsafe read(wakeReader, buffer.baseAddress, 64) == 64 {}
        }
    }

    private func loop() {
        var polled: [pollfd] = []
        var links: [Registration] = []
        let pipeEntry = pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)
        while true {
            let until = state.withLock { state in
                if state.hasChanged {
                    state.hasChanged = false
                    links = Array(state.registrations.values)
                    polled = [pipeEntry]
                    for link in links {
                        let events = link.wantsWrite ? POLLIN | POLLOUT : POLLIN
                        polled.append(pollfd(fd: link.socket, events: Int16(events), revents: 0))
                    }
                }
                state.isAsleep = true
                return state.timers.earliest
            }
            let ready = unsafe poll(&polled, nfds_t(polled.count), Self.timeout(until: until))
            let now = MonotonicClock.now()
            let due = state.withLock { state in
                state.isAsleep = false
                return state.timers.earliest <= now ? state.timers.popDue(now: now) : []
            }
            if ready > 0 {
                if polled[0].revents != 0 { drainPipe() }
                for index in links.indices {
                    let events = Int32(polled[index + 1].revents)
                    if events == 0 { continue }
                    links[index].link?.ready(isWritable: events & POLLOUT != 0, isReadable: events & ~POLLOUT != 0)
                }
            }
            for target in due { target.timerFired(now: now) }
        }
    }

    /// Milliseconds for `poll`, rounded up so that a timer is due when it returns.
    private static func timeout(until time: UInt64) -> Int32 {
        if time == MonotonicClock.never { return -1 }
        let now = MonotonicClock.now()
        if time <= now { return 0 }
        return Int32(min((time - now + 999_999) / 1_000_000, 3_600_000))
    }
}
