// SPDX-License-Identifier: Apache-2.0

extension PostgresConnection {
    /// Sends `chunks`, cut anywhere, to a `COPY … FROM STDIN` and returns the number of rows it stored.
    ///
    /// No more than a little over one chunk is buffered: the next is taken when the socket has room. When a chunk cannot
    /// be had, the task is cancelled or `deadline` passes, the whole COPY is undone.
    package func copyIn<Chunks: AsyncSequence>(
        _ sql: SQL, chunks: Chunks, deadline: Duration? = nil
    ) async throws -> Int where Chunks.Element == [UInt8] {
        let limit = MonotonicClock.deadline(after: deadline)
        try await startCopy(sql, limit)
        do {
            for try await chunk in chunks { try await put(chunk, limit) }
        } catch {
            try await abandonCopy(after: error)
        }
        return try await endCopy(limit)
    }

    /// The same for chunks that are at hand.
    package func copyIn<Chunks: Sequence>(
        _ sql: SQL, chunks: Chunks, deadline: Duration? = nil
    ) async throws -> Int where Chunks.Element == [UInt8] {
        let limit = MonotonicClock.deadline(after: deadline)
        try await startCopy(sql, limit)
        do {
            for chunk in chunks { try await put(chunk, limit) }
        } catch {
            try await abandonCopy(after: error)
        }
        return try await endCopy(limit)
    }

    private func startCopy(_ sql: SQL, _ limit: UInt64) async throws {
        guard sql.parameterCount == 0 else { throw PostgresError(.misuse, "COPY takes no parameters") }
        guard sql.verb == "COPY" else { throw PostgresError(.misuse, "copyIn needs a COPY … FROM STDIN statement") }
        _ = try await link.perform(.copyStart(sql.text), deadline: limit)
    }

    private func put(_ chunk: [UInt8], _ limit: UInt64) async throws {
        if Task.isCancelled { throw PostgresError.cancelled() }
        if limit != MonotonicClock.never, MonotonicClock.now() >= limit {
            throw PostgresError.timeout("the deadline of the COPY passed")
        }
        while true {
            let progress = try link.putCopyData(chunk)
            if progress != .taken { _ = try await link.perform(.copyFlush, deadline: limit) }
            if progress != .again { return }
        }
    }

    private func endCopy(_ limit: UInt64) async throws -> Int {
        do {
            // A sequence may end early because the task is cancelled; that must not pass for its end.
            if Task.isCancelled { throw PostgresError.cancelled() }
            return try await link.perform(.copyEnd(failure: nil), deadline: limit).first?.affected ?? 0
        } catch {
            // Interrupted before it was sent.
            if link.isCopying { try await abandonCopy(after: error) }
            throw error
        }
    }

    /// Makes the server undo the COPY, then throws `error`, or the server's own reason when that is the cause of it.
    private func abandonCopy(after error: any Error) async throws {
        if link.isOpen {
            let limit = MonotonicClock.deadline(after: .seconds(10))
            let end = Operation.Work.copyEnd(failure: "the sender gave up")
            do {
                _ = try await link.perform(end, deadline: limit, isShielded: true)
            } catch let answer as PostgresError {
                if answer.isConnectionLost { link.close(answer) }
            }
        }
        throw error
    }
}
