// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes

/// What is written down of a request when it has ended, and where.
struct RequestRecord: Sendable {
    let log: RequestLog
    let metrics: RouteMetrics?
    let method: String
    let route: ServedRoute?
    let status: Int
    let start: ContinuousClock.Instant
    let trace: TraceContext
    let caller: Caller?
    let received: Int
    let sent: Int

    /// Counts the request and writes its line; once.
    ///
    /// - Parameter more: Bytes that were sent since the record was made.
    func end(sent more: Int = 0) {
        let duration = start.duration(to: .now)
        metrics?.end(status: status, duration: duration, received: received, sent: sent + more)
        log.write(
            method: method, route: route?.endpoint.path.description ?? "none", status: status, duration: duration,
            trace: trace, caller: caller, received: received, sent: sent + more,
            // Probes come every few seconds for ever.
            isProbe: route.map { $0.endpoint.access.isPublic && $0.endpoint.method == .get } == true && status < 500)
    }
}
