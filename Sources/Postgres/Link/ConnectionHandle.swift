// SPDX-License-Identifier: Apache-2.0

import CLibPQ

/// Owns one connection of libpq. Not thread-safe: it lives inside its link's lock.
@safe struct ConnectionHandle: ~Copyable, @unchecked Sendable {
    /// libpq answers calls on a nil connection as calls on a broken one, so a closed handle needs no checks.
    private var pointer: OpaquePointer?
    private var formats: [Int32] = []

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
        _ = unsafe PQsetnonblocking(pointer, 1)
        // The default prints notices to standard error.
        _ = unsafe PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit { unsafe PQfinish(pointer) }

    mutating func close() {
        unsafe PQfinish(pointer)
        unsafe pointer = nil
    }

    var socket: Int32 { unsafe PQsocket(pointer) }
    var backendPID: Int32 { unsafe PQbackendPID(pointer) }
    var isBad: Bool { unsafe PQstatus(pointer) != CONNECTION_OK }
    var isBusy: Bool { unsafe PQisBusy(pointer) != 0 }
    var usesTLS: Bool { unsafe PQsslInUse(pointer) != 0 }
    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(pointer) }

    /// Reads what the socket has; false when the connection is gone.
    func consumeInput() -> Bool { unsafe PQconsumeInput(pointer) == 1 }

    /// True when something is left to send.
    func flush() -> Bool { unsafe PQflush(pointer) == 1 }

    func nextResult() -> ResultHandle? { unsafe PQgetResult(pointer).map { unsafe ResultHandle($0) } }

    func setPipelineMode(_ wanted: Bool) -> Bool {
        let isOn = unsafe PQpipelineStatus(pointer) != PQ_PIPELINE_OFF
        if isOn == wanted { return true }
        return unsafe (wanted ? PQenterPipelineMode(pointer) : PQexitPipelineMode(pointer)) == 1
    }

    func sendSync() -> Bool { unsafe PQpipelineSync(pointer) == 1 }

    func sendScript(_ text: String) -> Bool { unsafe PQsendQuery(pointer, text) == 1 }

    func sendPrepare(_ name: String, _ sql: SQL) -> Bool {
        unsafe sql.types.withUnsafeBufferPointer { types in
            unsafe PQsendPrepare(pointer, name, sql.text, Int32(types.count), types.baseAddress) == 1
        }
    }

    /// Sends the parameters of `sql` to the statement prepared as `name`; parameters and results are binary.
    mutating func sendExecute(_ name: String, _ sql: SQL) -> Bool {
        let count = sql.parameterCount
        if count == 0 { return unsafe PQsendQueryPrepared(pointer, name, 0, nil, nil, nil, 1) == 1 }
        while formats.count < count { formats.append(1) }
        let pointer = unsafe pointer
        return unsafe sql.buffer.bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
                unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { lengths in
                    // An empty value still needs an address: nil would mean NULL.
                    let base =
                        unsafe bytes.baseAddress.map { unsafe $0.assumingMemoryBound(to: CChar.self) }
                        ?? UnsafeRawPointer(lengths.baseAddress.unsafelyUnwrapped).assumingMemoryBound(to: CChar.self)
                    var start: Int32 = 0
                    for index in 0..<count {
                        let end = sql.ends[index]
                        if end < 0 {
                            unsafe values.initializeElement(at: index, to: nil)
                            unsafe lengths.initializeElement(at: index, to: 0)
                        } else {
                            unsafe values.initializeElement(at: index, to: base + Int(start))
                            unsafe lengths.initializeElement(at: index, to: end - start)
                            start = end
                        }
                    }
                    return unsafe formats.withUnsafeBufferPointer { formats in
                        unsafe PQsendQueryPrepared(
                            pointer, name, Int32(count), values.baseAddress, lengths.baseAddress, formats.baseAddress, 1
                        )
                            == 1
                    }
                }
            }
        }
    }

    /// 1 when taken, 0 when there was no room, -1 when the connection is gone.
    func putCopyData(_ bytes: [UInt8]) -> Int32 {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe PQputCopyData(
                pointer, raw.baseAddress.map { unsafe $0.assumingMemoryBound(to: CChar.self) }, Int32(raw.count))
        }
    }

    /// Ends COPY, as a failure when `failure` says why.
    func putCopyEnd(failure: String?) -> Int32 { unsafe PQputCopyEnd(pointer, failure) }

    func nextNotification() -> PostgresNotification? {
        guard let notification = unsafe PQnotifies(pointer) else { return nil }
        defer { unsafe PQfreemem(notification) }
        return PostgresNotification(
            channel: unsafe String(cString: notification.pointee.relname),
            payload: unsafe String(cString: notification.pointee.extra))
    }

    func makeCancelHandle() -> CancelHandle? { unsafe PQgetCancel(pointer).map { unsafe CancelHandle($0) } }
}

/// What is needed to ask the server to cancel a connection's statement, from another thread.
@safe final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
    deinit { unsafe PQfreeCancel(pointer) }

    /// Blocks for as long as the connection to the server takes; false when the request did not get there.
    func cancel() -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            unsafe PQcancel(pointer, buffer.baseAddress, 256) == 1
        }
    }
}
