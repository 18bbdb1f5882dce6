// SPDX-License-Identifier: Apache-2.0

import CLibPQ

extension LinkState {
    /// The socket can be read or written.
    mutating func ready(isWritable: Bool, isReadable: Bool, _ effects: inout Effects) {
        guard closedBy == nil else { return }
        if isWritable || wantsWrite { flush() }
        let isAlive = isReadable ? handle.consumeInput() : true
        if let operation = current, case .copyFlush = operation.work {
            if !wantsWrite { conclude(operation, &effects) }
        }
        // What arrived before the end of a broken connection is still worth reading.
        receive(&effects)
        if listens {
            while closedBy == nil, let notification = handle.nextNotification() {
                effects.notifications.append(notification)
            }
        }
        if !isAlive { lose(.connectionLost("the server closed the connection"), &effects) }
    }

    /// Takes all results that have arrived; never waits.
    mutating func receive(_ effects: inout Effects) {
        while let operation = current, operation.stage != .parked {
            if case .copyFlush = operation.work { return }
            if handle.isBusy { return }
            guard let result = handle.nextResult() else {
                if handle.isBad {
                    let reason = operation.failure ?? .connectionLost("the connection to the server was lost")
                    return lose(reason.isConnectionLost ? reason : .connectionLost(reason.message), &effects)
                }
                if !operation.isPipeline, operation.stage == .running {
                    conclude(operation, &effects)
                } else {
                    // Every command of a pipeline ends with nil; several in a row mean that we count wrongly.
                    emptyResults += 1
                    if emptyResults > 2 { return lose(.connectionLost("the protocol is out of step"), &effects) }
                }
                continue
            }
            emptyResults = 0
            if operation.isPipeline || operation.stage == .rollingBack {
                takePipelined(result, operation, &effects)
            } else {
                takeSimple(result, operation, &effects)
            }
        }
    }

    private mutating func takePipelined(_ result: ResultHandle, _ operation: Operation, _ effects: inout Effects) {
        let status = result.status
        if status == PGRES_PIPELINE_SYNC { return conclude(operation, &effects) }
        guard cursor < steps.count else { return lose(.connectionLost("the protocol is out of step"), &effects) }
        let step = steps[cursor]
        cursor += 1
        switch status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            guard case .execute(let statement) = step else { return }
            let hasRows = status == PGRES_TUPLES_OK
            if hasRows, statement.columns == nil { statement.columns = result.columns() }
            append(result, hasRows ? statement.columns : nil, operation)
        case PGRES_PIPELINE_ABORTED:
            if case .prepare(let statement) = step { cache.forget(statement) }
        case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE:
            let error = result.error()
            fail(operation, error)
            switch step {
            case .prepare(let statement): cache.forget(statement)
            case .execute(let statement):
                if error.facts.isStaleStatement {
                    if error.sqlState == .invalidStatementName { cache.forgetAll() } else { cache.discard(statement) }
                }
            }
        default:
            fail(operation, PostgresError(.misuse, "COPY is not possible in a query or a pipeline"))
            lose(PostgresError(.misuse, "the connection was given up in the middle of a COPY"), &effects)
        }
    }

    private mutating func takeSimple(_ result: ResultHandle, _ operation: Operation, _ effects: inout Effects) {
        switch result.status {
        case PGRES_TUPLES_OK: append(result, result.columns(), operation)
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: append(result, nil, operation)
        case PGRES_COPY_IN:
            if case .copyStart = operation.work {
                isCopying = true
                unflushedCopyBytes = 0
                return conclude(operation, &effects)
            }
            // A COPY inside a script: there is nobody to feed it.
            fail(operation, PostgresError(.misuse, "COPY FROM STDIN must go through copyIn"))
            if handle.putCopyEnd(failure: "no data is sent for this statement") == 1 { flush() }
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            fail(operation, PostgresError(.misuse, "COPY TO STDOUT is not supported"))
            lose(PostgresError(.misuse, "the connection was given up in the middle of a COPY"), &effects)
        default: fail(operation, result.error())
        }
    }

    private mutating func append(_ result: ResultHandle, _ columns: PostgresColumns?, _ operation: Operation) {
        if operation.stage == .rollingBack { return }
        let tag = result.commandTag
        switch tag {
        case "COMMIT": operation.hasCommitted = true
        case "DISCARD ALL", "DEALLOCATE ALL": cache.forgetAll()
        default: break
        }
        operation.results.append(
            PostgresRows(
                affected: result.affected, commandTag: tag, result: columns == nil ? nil : result,
                columns: columns ?? .none))
    }

    private func fail(_ operation: Operation, _ error: PostgresError) {
        if operation.stage == .rollingBack {
            operation.failure = (operation.failure ?? error).with { $0.isConnectionLost = true }
        } else if operation.failure == nil {
            if case .pipeline(let statements) = operation.work, statements.count > 1 {
                let index = operation.results.count
                operation.failure = error.with { $0.statementIndex = index }
            } else {
                operation.failure = error
            }
        }
    }

    /// All of the operation's results are here.
    mutating func conclude(_ operation: Operation, _ effects: inout Effects) {
        if isCancelling {
            operation.stage = .parked
            return
        }
        graceEnd = MonotonicClock.never
        if operation.stage == .rollingBack {
            if handle.transactionStatus != PQTRANS_IDLE {
                return lose(.connectionLost("a failed transaction could not be rolled back"), &effects)
            }
        } else if operation.failure != nil, operation.startedIdle, handle.transactionStatus == PQTRANS_INERROR {
            return rollBack(operation, &effects)
        }
        switch operation.work {
        case .copyEnd: isCopying = false
        case .copyFlush where operation.interruption != nil: operation.failure = interrupted(operation)
        default: break
        }
        current = nil
        if isWorthRetrying(operation) {
            operation.isRetried = true
            operation.failure = nil
            operation.results.removeAll()
            begin(operation, &effects)
        } else {
            effects.complete(operation, operation.outcome())
        }
        pump(&effects)
    }

    /// A pipeline or script that opened a transaction and failed leaves none behind, so the connection stays usable.
    private mutating func rollBack(_ operation: Operation, _ effects: inout Effects) {
        operation.stage = .rollingBack
        graceEnd = MonotonicClock.now() + limits.cancelGrace
        guard send(["ROLLBACK"]) else { return lose(.connectionLost("the rollback could not be sent"), &effects) }
        flush()
    }

    /// A statement that the server forgot, or whose result changed its shape, has done nothing yet.
    private func isWorthRetrying(_ operation: Operation) -> Bool {
        guard let failure = operation.failure, failure.facts.isStaleStatement else { return false }
        return operation.startedIdle && !operation.isRetried && !operation.hasCommitted
            && operation.interruption == nil && operation.isPipeline
    }

    private func interrupted(_ operation: Operation) -> PostgresError {
        operation.interruption == .cancelled ? .cancelled() : .timeout("the deadline of the COPY passed")
    }
}
