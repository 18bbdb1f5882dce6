// SPDX-License-Identifier: Apache-2.0

import Common
package import Logging
import ServiceLifecycle

/// Background work that takes no input, is idempotent, and runs once at a time: when kicked, and when its own wait is
/// over. It does not retry; the next kick or wait is the retry.
package final class Reconciler: Service {
    private let name: String
    private let pass: @Sendable () async throws -> Duration?
    private let logger: Logger
    private let bell = Wakeup()

    /// `pass` does the work and says how long to wait at most until it is due again; nil waits for a kick.
    package init(_ name: String, logger: Logger, pass: @escaping @Sendable () async throws -> Duration?) {
        self.name = name
        self.pass = pass
        var logger = logger
        logger[metadataKey: "reconciler"] = "\(name)"
        self.logger = logger
    }

    /// Asks for a pass soon; many kicks make one pass.
    package func kick() { bell.ring() }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                guard let wait = await self.runPass() else {
                    await self.bell.wait()
                    continue
                }
                await self.bell.wait(atMost: wait)
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
}
