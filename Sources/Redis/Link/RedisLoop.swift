// SPDX-License-Identifier: Apache-2.0

import Glibc
import ServiceLifecycle
import Synchronization

/// Keeps one connection on a thread of its own, and makes it anew with growing pauses, until it is stopped.
///
/// Everything that may block (looking up a name, connecting, `poll`) happens there, never on a thread of Swift's pool.
final class RedisLoop: Sendable {
    let configuration: RedisConfiguration
    let alarm = Alarm()
    private let health: RedisHealth
    private let member: Int
    private let stop = Atomic<Bool>(false)

    init(_ configuration: RedisConfiguration, name: String, health: RedisHealth) {
        self.configuration = configuration
        self.health = health
        member = health.join(name)
    }

    var isStopped: Bool { stop.load(ordering: .acquiring) }

    /// Tells that the connection can be used from now on.
    func noteUp() { health.noteUp(member) }

    /// Calls `serve` on the thread with each connection, and `lost` with what ended it or made it impossible, until
    /// graceful shutdown or cancellation. `serve` returns soon after `isStopped`, for which the alarm rings.
    ///
    /// Does not wait for the thread: it may hang in the look-up of a name for longer than a daemon may take to stop.
    func run(
        serve: @escaping @Sendable (RedisConnection) throws(RedisError) -> Void,
        lost: @escaping @Sendable (RedisError) -> Void
    ) async {
        while !Self.detach({ self.loop(serve, lost) }) {
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
        }
        try? await gracefulShutdown()
        stop.store(true, ordering: .releasing)
        health.leave(member)
        alarm.ring()
    }

    private func loop(
        _ serve: (RedisConnection) throws(RedisError) -> Void, _ lost: (RedisError) -> Void
    ) {
        Self.blockBrokenPipes()
        var failures = 0
        while !isStopped {
            let start = ContinuousClock.now
            do throws(RedisError) {
                try serve(try RedisConnection(configuration))
            } catch {
                if isStopped { return }
                // A server that lets us in and throws us out again is not to be asked twenty times a second.
                failures = start.duration(to: .now) > .seconds(5) ? 1 : failures + 1
                lost(error)
                health.noteDown(member, error)
                alarm.wait(until: .now + Self.pause(afterFailures: failures))
            }
        }
    }

    /// Doubles from 50 ms to 2 s, each time somewhere in the upper half, so that the clients of a restarted server do not
    /// all come back in the same instant.
    private static func pause(afterFailures failures: Int) -> Duration {
        let full = min(50 << min(failures - 1, 6), 2000)
        return .milliseconds(Int.random(in: full / 2...full))
    }

    /// A write to a socket that the server has closed is an error here, and the end of the process otherwise.
    private static func blockBrokenPipes() {
        var signals = sigset_t()
        _ = unsafe sigemptyset(&signals)
        _ = unsafe sigaddset(&signals, SIGPIPE)
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread nobody waits for; false when the system has none left.
    private static func detach(_ body: @escaping @Sendable () -> Void) -> Bool {
        let job = unsafe Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, job.toOpaque())
        guard code == 0 else {
            unsafe job.release()
            return false
        }
        _ = pthread_detach(thread)
        return true
    }
}
