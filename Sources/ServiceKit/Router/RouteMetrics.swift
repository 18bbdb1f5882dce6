// SPDX-License-Identifier: Apache-2.0

package import Common

/// The four golden signals of one route: how many requests, how many failed, how long they took, how many are under
/// way.
package final class RouteMetrics: Sendable {
    private let classes: [Counter]
    private let errors: Counter
    private let seconds: Histogram
    private let inFlight = Gauge()
    private let received: Counter
    private let sent: Counter

    /// - Parameter route: A path's template, never a path.
    package init(method: String, route: String, in metrics: Metrics) {
        let labels: [Metrics.Label] = [("method", method), ("route", route)]
        classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].map {
            metrics.counter("http_requests_total", "Requests answered.", labels + [("status", $0)])
        }
        errors = metrics.counter("http_request_errors_total", "Requests answered with a 5xx status.", labels)
        seconds = metrics.histogram(
            "http_request_duration_seconds", "Time from a request's head to its answer's end.", labels)
        received = metrics.counter("http_request_body_bytes_total", "Bytes of request bodies.", labels)
        sent = metrics.counter("http_response_body_bytes_total", "Bytes of answers' bodies.", labels)
        let inFlight = inFlight
        metrics.gauge("http_requests_in_flight", "Requests that are being answered.", labels) {
            Double(inFlight.value)
        }
    }

    package func begin() { inFlight.add(1) }

    package func end(status: Int, duration: Duration, received: Int, sent: Int) {
        inFlight.add(-1)
        classes[max(0, min(4, status / 100 - 1))].add()
        if status >= 500 { errors.add() }
        seconds.record(duration)
        if received > 0 { self.received.add(received) }
        if sent > 0 { self.sent.add(sent) }
    }
}
