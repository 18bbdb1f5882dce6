// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Logging
package import Postgres
import ServiceLifecycle
import Synchronization

/// The one way to write: commands go into lanes, lanes flush them together. See design.md §3.
package final class GroupCommit: Service {
    /// How long a caller waits for a database that is away before it is told so.
    package static let patience: Duration = .seconds(10)

    /// Offers a claim to go along with a flush that may make runs of these agents, that many at most: so that a worker that
    /// is waiting anyway gets them without another transaction. Must not wait.
    typealias Companion = @Sendable (ID<Workspace>, _ agents: Set<String>, _ count: Int) -> QueuedCommand?

    private let lanes: [WriteLane]
    private let statistics = LaneStatistics()

    /// `onCommit` is called after each commit, in the order of commits of a workspace, and must not wait.
    package convenience init(
        pool: PostgresPool, lanes: Int, logger: Logger, onCommit: @escaping @Sendable (CommittedBatch) -> Void
    ) {
        self.init(pool: pool, lanes: lanes, logger: logger, companion: { _, _, _ in nil }, onCommit: onCommit)
    }

    init(
        pool: PostgresPool, lanes: Int, logger: Logger, companion: @escaping Companion,
        onCommit: @escaping @Sendable (CommittedBatch) -> Void
    ) {
        let statistics = statistics
        self.lanes = (0..<max(1, lanes)).map { _ in
            WriteLane(pool: pool, statistics: statistics, logger: logger, companion: companion, onCommit: onCommit)
        }
    }

    /// Answers after the commit. Throws the command's own `Problem`, or `.unavailable` when the database is away. With
    /// `toItsEnd` the answer is waited for even when the caller is cancelled, because it must not be lost. `whenQueued` is
    /// called as soon as whatever is submitted from then on will be committed no earlier than this.
    package func submit<C: Command>(
        _ command: C, toItsEnd: Bool = false, whenQueued: () -> Void = {}
    ) async throws -> C.Outcome {
        let reply = Reply<C.Outcome>()
        let queued = QueuedCommand(command, deadline: ContinuousClock().now + Self.patience, reply: reply)
        lane(of: command.workspaceID).submit(queued)
        whenQueued()
        return try await toItsEnd ? reply.certainValue() : reply.value()
    }

    /// As `submit` for commands of one workspace that belong together: queued at once, they are committed together as far
    /// as a flush holds them. The answers are in the order of the commands.
    package func submit<C: Command>(all commands: [C]) async -> [Result<C.Outcome, any Error>] {
        guard let first = commands.first else { return [] }
        let deadline = ContinuousClock().now + Self.patience
        let replies = commands.map { _ in Reply<C.Outcome>() }
        lane(of: first.workspaceID).submit(
            zip(commands, replies).map { QueuedCommand($0, deadline: deadline, reply: $1) })
        var answers: [Result<C.Outcome, any Error>] = []
        for reply in replies {
            do {
                answers.append(.success(try await reply.value()))
            } catch {
                answers.append(.failure(error))
            }
        }
        return answers
    }

    /// A workspace is always on the same lane, so its commits never wait for each other's locks.
    private func lane(of workspaceID: ID<Workspace>) -> WriteLane {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in workspaceID.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return lanes[Int(hash % UInt64(lanes.count))]
    }

    /// Flushes until shutdown, then what is still queued.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                // In one queue with those it serves, a lane would wait for as many of them as can go on each time that the
                // database has answered, and the database for it. Another priority has threads of its own.
                for lane in lanes { group.addTask(priority: .high) { await lane.run() } }
            }
        } onGracefulShutdown: {
            for lane in self.lanes { lane.close() }
        }
    }

    /// Figures since the start, and how many commands wait now.
    package var figures: LaneFigures {
        var figures = statistics.figures
        figures.depth = lanes.reduce(0) { $0 + $1.depth }
        return figures
    }
}

/// What the lanes have done.
package struct LaneFigures: Sendable {
    package var flushes = 0
    /// Those that were decided while the one before was still under way.
    package var followers = 0
    /// Those that were decided without looking, and had to be made anew because something was not as it was known.
    package var surprises = 0
    package var commands = 0
    package var events = 0
    package var failures = 0
    package var seconds = 0.0
    package var depth = 0
}

/// Counts for all lanes together.
final class LaneStatistics: Sendable {
    private let state = Mutex(LaneFigures())

    var figures: LaneFigures { state.withLock { $0 } }

    func flushed(commands: Int, events: Int, isFollower: Bool, in duration: Duration) {
        let parts = duration.components
        state.withLock { figures in
            figures.flushes += 1
            if isFollower { figures.followers += 1 }
            figures.commands += commands
            figures.events += events
            figures.seconds += Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        }
    }

    func failed() { state.withLock { $0.failures += 1 } }
    func surprised() { state.withLock { $0.surprises += 1 } }
}
