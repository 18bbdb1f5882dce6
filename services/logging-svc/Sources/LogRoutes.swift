// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import ServiceKit
import Store

extension LoggingService {
    /// Answers `/log`, `/logs`, `/logs/histogram` and `/logs/stream`.
    func answerLogs(_ router: inout EndpointRouter) {
        router.on(LogsAPI.append) { input, _ in try await append(input) }
        router.on(LogsAPI.list) { input, _ in try await list(input) }
        router.on(LogsAPI.count) { input, _ in try await count(input) }
        router.on(LogsAPI.stream) { input, _ in
            EventSource(LogEvents(subscription: try await tail.subscribe(input.filter, after: input.after)))
        }
    }

    private func append(_ input: AppendLogs) async throws -> LogReceipt {
        let form: LogBody.Form = input.mediaType == AppendLogs.lines ? .lines : .json
        let body = LogBody(input.bytes, form: form, arrival: .now())
        rejectedFrames.add(body.refusedCount)
        oddFrames.add(body.oddCount)
        guard !body.rows.isEmpty else { throw Self.nothingGood(body) }
        try await lane.store(body.rows)
        return LogReceipt(
            accepted: body.rows.count, rejectedCount: body.refusedCount,
            rejected: body.refused.map { .init(index: $0.index, field: $0.field, message: $0.message) })
    }

    private static func nothingGood(_ body: LogBody) -> Problem {
        guard let first = body.refused.first else {
            return Problem(.invalid, "There is no log frame in the body.", code: "no_valid_frame")
        }
        let fields = body.refused.prefix(50).map { refused in
            Problem.FieldError((body.isSingle ? "" : "/\(refused.index)") + refused.field, refused.message)
        }
        let place = first.field.isEmpty ? "The frame" : first.field
        let others = body.refusedCount == 1 ? "" : " (and \(body.refusedCount - 1) more)"
        return Problem(
            .invalid, "\(place) \(first.message)\(others).", code: "no_valid_frame", fields: Array(fields))
    }

    private func list(_ input: ListLogs) async throws -> LogsView {
        let query = LogQuery(
            filter: input.filter, since: input.since, until: input.until, after: input.after, before: input.before,
            order: input.order, limit: input.limit)
        let page = try await pages.page(query)
        return LogsView(
            frames: page.frames,
            nextCursor: page.hasMore ? LogCursor(order: input.order, id: page.scannedTo) : nil,
            scannedTo: page.scannedTo, newestID: page.newestID, oldestID: page.oldestID)
    }

    private func count(_ input: CountLogs) async throws -> LogHistogramView {
        let histogram = try await histograms.histogram(
            LogHistogramQuery(filter: input.filter, since: input.since, until: input.until, buckets: input.buckets))
        return LogHistogramView(
            since: input.since, until: input.until, width: histogram.width,
            buckets: histogram.buckets.map { ($0.start, $0.counts) }, scanned: histogram.scanned,
            countedFrom: histogram.countedFrom, countedUntil: histogram.countedUntil)
    }
}

/// What a stream of frames says, batch by batch.
private struct LogEvents: AsyncSequence {
    typealias Element = [StreamEvent]

    let subscription: LogSubscription

    func makeAsyncIterator() -> Iterator { Iterator(deliveries: subscription.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var deliveries: LogSubscription.Iterator

        mutating func next() async -> [StreamEvent]? {
            switch await deliveries.next() {
            case .frames(let frames)?:
                frames.map { StreamEvent(id: String($0.frame.id), name: "log", data: $0.encoded) }
            case .reset(let nextID)?: [StreamEvent(name: "reset", LogReset(nextID: nextID))]
            case nil: nil
            }
        }
    }
}
