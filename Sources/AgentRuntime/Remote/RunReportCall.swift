// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import HTTPTypes

/// How a run ended, in the words of the orchestrator's API.
struct RunReportCall: Sendable {
    let workspaceID: ID<Workspace>
    private let lease: Lease
    private let ending: RunEnding
    /// Whose trace it belongs to; nil where nothing is known of the run but its lease.
    private let trace: TraceContext?

    init(_ assignment: Assignment, _ ending: RunEnding) {
        workspaceID = assignment.workspaceID
        lease = assignment.lease
        self.ending = ending
        trace = TraceContext(continuing: assignment.traceID, correlationID: assignment.correlationID)
    }

    /// The giving back of a run of which only the lease is known.
    init(releasing lease: Lease, in workspaceID: ID<Workspace>, reason: String) {
        self.workspaceID = workspaceID
        self.lease = lease
        ending = .released(reason: reason)
        trace = nil
    }

    /// About how many bytes it has as JSON.
    var size: Int {
        switch ending {
        case .completed(let result): 256 + result.count
        case .failed(let failure, _): 512 + failure.message.utf8.count
        case .released(let reason): 256 + (reason?.utf8.count ?? 0)
        }
    }

    /// The request that tells only this.
    func call(_ signer: LeaseSigner) -> HTTPCall {
        var writer = JSONWriter()
        writer.beginObject()
        writeEnding(to: &writer)
        writer.endObject()
        var call = Self.call("/v1/runs/\(lease.runID)/\(path)", writer.bytes)
        call.headers[.leaseToken] = signer.token(of: lease).reveal()
        call.headers[.leaseEpoch] = String(lease.epoch)
        call.trace = trace
        return call
    }

    /// The request that tells all of these.
    static func call(_ reports: [RunReportCall], _ signer: LeaseSigner) -> HTTPCall {
        var writer = JSONWriter(reserving: reports.reduce(64) { $0 + $1.size })
        writer.beginObject()
        writer.name("reports")
        writer.beginArray()
        for report in reports {
            writer.beginObject()
            writer.member("run_id", report.lease.runID.rawValue)
            writer.member("lease_token", signer.token(of: report.lease).reveal())
            writer.name("lease_epoch")
            writer.write(report.lease.epoch)
            writer.member("ending", report.word)
            report.writeEnding(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return call("/v1/runs/finish", writer.bytes)
    }

    private static func call(_ path: String, _ body: [UInt8]) -> HTTPCall {
        var call = HTTPCall(.post, path, body: body, isIdempotent: false, deadline: OrchestratorCalls.deadline)
        call.headers[.contentType] = "application/json"
        return call
    }

    private var word: String {
        switch ending {
        case .completed: "completed"
        case .failed: "failed"
        case .released: "released"
        }
    }

    private var path: String {
        switch ending {
        case .completed: "complete"
        case .failed: "fail"
        case .released: "lease/release"
        }
    }

    private func writeEnding(to writer: inout JSONWriter) {
        switch ending {
        case .completed(let result):
            writer.name("result")
            writer.write(json: result)
        case .failed(let failure, let leastPause):
            writer.name("error")
            writer.beginObject()
            writer.member("code", failure.code)
            writer.member("message", failure.message)
            writer.name("retryable")
            writer.write(failure.isRetryable)
            writer.endObject()
            if leastPause > .zero {
                writer.name("retry_after_seconds")
                writer.write(min(leastPause.wholeSeconds, 86_400))
            }
        case .released(let reason):
            if let reason { writer.member("reason", reason) }
        }
    }
}

extension HTTPField.Name {
    fileprivate static let leaseToken = header("X-Lease-Token")
    fileprivate static let leaseEpoch = header("X-Lease-Epoch")
}

extension Duration {
    fileprivate var wholeSeconds: Int { Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0) }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ value: String) {
        self.name(name)
        write(value)
    }
}
