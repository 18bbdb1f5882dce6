// SPDX-License-Identifier: Apache-2.0

package import Logging
import ServiceLifecycle
import Synchronization

/// Background work that takes no input, is idempotent, and runs once at a time: when kicked, and when its own wait is
/// over. It does not retry; the next kick or wait is the retry.
package final class Reconciler: Service {
    private enum Kick {
        case none, due
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let name: String
    private let pass: @Sendable () async throws -> Duration?
    private let logger: Logger
    // Not an AsyncStream: one of those ends for good when a task that waits for it is cancelled, as each wait here is.
    private let latest = Mutex(Kick.none)

    /// `pass` does the work and says how long to wait at most until it is due again; nil waits for a kick.
    package init(_ name: String, logger: Logger, pass: @escaping @Sendable () async throws -> Duration?) {
        self.name = name
        self.pass = pass
        var logger = logger
        logger[metadataKey: "reconciler"] = "\(name)"
        self.logger = logger
    }

    /// Asks for a pass soon; many kicks make one pass.
    package func kick() {
        let waiter = latest.withLock { latest -> CheckedContinuation<Void, Never>? in
            guard case .awaited(let waiter) = latest else {
                latest = .due
                return nil
            }
            latest = .none
            return waiter
        }
        waiter?.resume()
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let wait = await self.runPass()
                await self.waitForKick(atMost: wait)
            }
        }
    }

    private func runPass() async -> Duration? {
        do {
            return try await pass()
        } catch is CancellationError {
            return nil
        } catch {
            logger.warning("pass failed", error: error)
            return .seconds(5)
        }
    }

    private func waitForKick(atMost wait: Duration?) async {
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await self.kicked() }
            if let wait { race.addTask { try? await Task.sleep(for: wait) } }
            await race.next()
            race.cancelAll()
        }
    }

    /// Returns when a pass was asked for, or the task is cancelled; a kick is then not lost.
    private func kicked() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = latest.withLock { latest in
                    if case .due = latest {
                        latest = .none
                        return true
                    }
                    if Task.isCancelled { return true }
                    latest = .awaited(waiter)
                    return false
                }
                if isOver { waiter.resume() }
            }
        } onCancel: {
            let waiter = latest.withLock { latest -> CheckedContinuation<Void, Never>? in
                guard case .awaited(let waiter) = latest else { return nil }
                latest = .none
                return waiter
            }
            waiter?.resume()
        }
    }
}
