// SPDX-License-Identifier: Apache-2.0

import Common
import Logging
import Postgres
import Synchronization

extension LogIngest {
    /// Stores the batch and answers everybody in it.
    func store(_ batch: [Waiting]) async {
        guard let oldest = batch.first?.since else { return }
        let end = max(oldest + limits.patience, .now + .milliseconds(50))
        var unanswered: LogStore.Place?
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let committed = try await write(batch.map(\.rows), unanswered: unanswered)
                return succeed(batch, committed)
            } catch let failure as WriteFailure {
                if let place = failure.place { unanswered = place }
                let error = failure.error
                switch Self.reaction(to: error) {
                case .divide where batch.count > 1:
                    // One request must not take the others down with it.
                    await store(Array(batch[..<(batch.count / 2)]))
                    return await store(Array(batch[(batch.count / 2)...]))
                case .divide: return fail(batch, Self.unstorable(error), error)
                case .giveUp: return fail(batch, Self.away(error), error)
                case .forgetPartitions: knownDays.withLock { $0 = [] }
                case .tryAgain: break
                }
                guard !Task.isCancelled, ContinuousClock.now + pause < end else {
                    return fail(batch, Self.away(error), error)
                }
                state.withLock { $0.figures.retries += 1 }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(500))
            } catch {
                return fail(batch, Self.away(error), error)
            }
        }
    }

    /// Why a batch was not stored, or is not known to be.
    private struct WriteFailure: Error {
        let error: PostgresError
        /// Where the frames are if the commit whose answer was lost has happened.
        let place: LogStore.Place?
    }

    private func write(_ parts: [LogRows], unanswered: LogStore.Place?) async throws -> CommittedLogs {
        let count = parts.reduce(0) { $0 + $1.count }
        let bytes = parts.reduce(0) { $0 + $1.bytes.count }
        let isSmall = count <= limits.insertedFrames && bytes <= limits.insertedBytes
        var place: LogStore.Place?
        do {
            return try await pool.withConnection(deadline: .seconds(2)) { connection in
                // Whether an earlier try has stored them must be asked, and answered, in between.
                if isSmall, unanswered == nil { return try await insert(parts, count, connection) { place = $0 } }
                return try await copy(parts, count, unanswered, connection) { place = $0 }
            }
        } catch let stored as AlreadyStored {
            return Self.number(parts, count, stored.place)
        } catch let error as PostgresError {
            throw WriteFailure(error: error, place: error.isOutcomeUnknown ? place : nil)
        }
    }

    /// Stores a small batch. `onPlace` is told where, before anything is sent that could commit it.
    private func insert(
        _ parts: [LogRows], _ count: Int, _ connection: PostgresConnection, onPlace: (LogStore.Place) -> Void
    ) async throws -> CommittedLogs {
        let advance = LogStore.advanceHead(by: count)
        let (committed, day) = try await connection.transaction(opening: advance.sql, deadline: limits.statement) {
            rows in
            let next = try Self.place(advance.decode(rows))
            onPlace(next)
            let committed = Self.number(parts, count, next)
            let frames = LogStore.insert(committed.rows.flatMap(\.frames), receivedAt: next.receivedAt)
            let opening = isKnown(next.day) ? [] : [LogStore.makePartition(of: next.day).sql]
            return (opening + [frames], (committed, next.day))
        }
        know(day)
        return committed
    }

    /// Stores a batch, unless an earlier try has. `onPlace` is told where before the commit is sent.
    private func copy(
        _ parts: [LogRows], _ count: Int, _ unanswered: LogStore.Place?, _ connection: PostgresConnection,
        onPlace: (LogStore.Place) -> Void
    ) async throws -> CommittedLogs {
        try await connection.transaction(deadline: limits.statement) { connection in
            let advance = LogStore.advanceHead(by: count)
            let next = try Self.place(advance.decode(try await connection.query(advance.sql)))
            if let unanswered {
                let question = LogStore.isStored(unanswered)
                if try question.decode(try await connection.query(question.sql)) {
                    throw AlreadyStored(place: unanswered)
                }
            }
            if !isKnown(next.day) {
                _ = try await connection.query(LogStore.makePartition(of: next.day).sql)
                know(next.day)
            }
            let committed = Self.number(parts, count, next)
            let chunks = [LogRows.header] + committed.rows.map(\.bytes) + [LogRows.trailer]
            _ = try await connection.copyIn(LogStore.copy, chunks: chunks, deadline: limits.statement)
            onPlace(next)
            return committed
        }
    }

    private static func place(_ place: LogStore.Place?) throws(StoreError) -> LogStore.Place {
        guard let place else { throw StoreError.unknownValue(table: "log_head", column: "singleton") }
        return place
    }

    /// Ends a transaction whose work an earlier one has done.
    private struct AlreadyStored: Error {
        let place: LogStore.Place
    }

    /// Whether the day has its partition, as far as we know.
    private func isKnown(_ day: String) -> Bool { knownDays.withLock { $0.contains(day) } }

    /// Made by our transaction or another, it stays, unless that one is rolled back; and then storing says so.
    private func know(_ day: String) {
        knownDays.withLock { if !$0.contains(day) { $0 = [day] } }
    }

    private static func number(_ parts: [LogRows], _ count: Int, _ place: LogStore.Place) -> CommittedLogs {
        let first = place.lastID - Int64(count) + 1
        var next = first
        let rows = parts.map { part in
            var numbered = part
            numbered.number(from: next, receivedAt: place.receivedAt)
            next += Int64(part.count)
            return numbered
        }
        return CommittedLogs(firstID: first, lastID: place.lastID, rows: rows)
    }

    private func succeed(_ batch: [Waiting], _ committed: CommittedLogs) {
        let frames = Int(committed.lastID - committed.firstID) + 1
        state.withLock { state in
            state.figures.storedFrames += frames
            state.figures.storedBytes += committed.rows.reduce(0) { $0 + $1.bytes.count }
            state.figures.batches += 1
            state.figures.lastBatchFrames = frames
        }
        onCommit(committed)
        for waiting in batch { waiting.answer.resume() }
    }

    private func fail(_ batch: [Waiting], _ problem: Problem, _ error: any Error) {
        state.withLock { $0.figures.failedRequests += batch.count }
        logger.error(
            "log frames could not be stored",
            metadata: ["requests": "\(batch.count)", "error": "\(errorChain(error).joined(separator: "; "))"])
        for waiting in batch { waiting.answer.resume(throwing: problem) }
    }

    private enum Reaction { case tryAgain, forgetPartitions, divide, giveUp }

    private static func reaction(to error: PostgresError) -> Reaction {
        if error.isConnectionLost || error.isRetryable || error.isOutcomeUnknown { return .tryAgain }
        switch error.kind {
        case .connection, .timeout, .poolExhausted: return .tryAgain
        case .server(let code):
            switch code.errorClass {
            // 23514 without a constraint's name is a row for which there is no partition.
            case "23": return code == .checkViolation && error.constraint == nil ? .forgetPartitions : .divide
            case "22", "54": return .divide
            case "53", "55", "57", "40": return .tryAgain
            default: return .giveUp
            }
        case .configuration, .cancelled, .poolClosed, .decoding, .misuse: return .giveUp
        }
    }

    private static func away(_ error: any Error) -> Problem {
        Problem(
            .unavailable, "The log frames could not be stored; send them again later.", code: "database_away",
            retryAfter: .seconds(2), cause: error)
    }

    private static func unstorable(_ error: any Error) -> Problem {
        Problem(.internal, "The database refused the log frames.", code: "frames_refused", cause: error)
    }
}
