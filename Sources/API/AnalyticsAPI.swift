// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

/// Figures of how work went.
package enum AnalyticsAPI {
    package static let tasks = Endpoint<AnalyticsInput, AnalyticsView>(
        "getAnalytics", .get, "/v1/analytics", .peopleAndServices(.readTasks),
        "Counts and times the tasks created within a time, in equal parts.",
        description: """
            A task counts in the part in which it was created, as it stands now: so a part is what `GET /tasks` lists with the \
            same `since` and `until`. The newest 200,000 tasks are looked at; when there are more, `complete` is false and \
            those before `counted_from` are missing. The error rate is `failed` by `ended`.
            """,
        tag: "analytics")

    package static let catalogue: [AnyEndpoint] = [tasks.route]
}

/// `GET /v1/analytics`.
package struct AnalyticsInput: WireInput {
    package let workspaceID: ID<Workspace>
    /// Nil only while the input is described, or refused.
    package let range: AnalyticsRange?
    package let agent: String?
    package let promisedSeconds: Double

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        let since = reader.requiredQuery("since", "Created at this time or later.", .timestamp)
        let until = reader.requiredQuery(
            "until", "Created before this time; after `since` by \(AnalyticsRange.mostDays) days at most.", .timestamp)
        let buckets = reader.query("buckets", "How many parts.", .integer(1...200), default: 48)
        agent = reader.query("agent", "Only tasks of this agent.", .string(.name, max: 63))
        promisedSeconds = reader.query(
            "sla_seconds", "A task that completes within this time is in time.", .number(0...7_948_800), default: 60)
        range = AnalyticsRange(since: since, until: until, buckets: buckets)
        if range == nil, !reader.refusals.fields.contains(where: { $0.field == "since" || $0.field == "until" }) {
            reader.refuse("until", "must be after since, by \(AnalyticsRange.mostDays) days at most")
        }
    }
}

/// What became of tasks.
package struct TaskFiguresView: WireObject {
    package static let wireName = "TaskFigures"

    package let figures: TaskFigures

    package init(_ figures: TaskFigures) { self.figures = figures }

    package static let fields: [Field<TaskFiguresView>] = fields(of: \.figures)

    static func fields<Owner>(of figures: @escaping @Sendable (Owner) -> TaskFigures) -> [Field<Owner>] {
        [
            Field("created", "Tasks created.") { figures($0).created },
            Field("completed", "Those of them that have completed.") { figures($0).completed },
            Field("failed", "Those that have failed for good.") { figures($0).failed },
            Field("cancelled", "Those that were cancelled.") { figures($0).cancelled },
            Field("ended", "Completed, failed or cancelled.") { figures($0).ended },
            Field("duration", "From creation to the end, of those completed or failed; null without any.") {
                figures($0).duration.map(PercentilesView.init)
            },
            Field(
                "wait",
                "From creation until the first run started, or last did after its worker was lost; null without any."
            ) { figures($0).wait.map(PercentilesView.init) },
            Field("sla", "How many kept to `sla_seconds`.") { SLAView(figures: figures($0)) },
        ]
    }
}

/// Durations in seconds.
package struct PercentilesView: WireObject {
    package static let wireName = "Percentiles"

    package let percentiles: Percentiles

    package init(_ percentiles: Percentiles) { self.percentiles = percentiles }

    package static let fields: [Field<PercentilesView>] = [
        Field("p50", "Half took no longer, in seconds.") { $0.percentiles.p50 },
        Field("p95", "Of a hundred, five took longer.") { $0.percentiles.p95 },
        Field("p99", "Of a hundred, one took longer.") { $0.percentiles.p99 },
    ]
}

/// How many tasks kept to the time that was promised.
package struct SLAView: WireObject {
    package static let wireName = "TaskSLA"

    package let figures: TaskFigures

    package static let fields: [Field<SLAView>] = [
        Field("in_time", "Tasks that completed within the time.") { $0.figures.inTime },
        Field("share", "Their part of those ended, 0 to 1; null while none has.") { $0.figures.share },
    ]
}

/// One part of the time.
package struct AnalyticsBucketView: WireObject {
    package static let wireName = "AnalyticsBucket"

    package let since: Timestamp
    package let until: Timestamp
    package let figures: TaskFigures

    package static let fields: [Field<AnalyticsBucketView>] =
        [
            Field("since", "Tasks created at this time or later.") { $0.since },
            Field("until", "Tasks created before this time.") { $0.until },
        ] + TaskFiguresView.fields(of: \.figures)
}

/// How work went over a time.
package struct AnalyticsView: WireObject {
    package static let wireName = "Analytics"

    package let range: AnalyticsRange
    package let agent: String?
    package let promisedSeconds: Double
    package let total: TaskFigures
    package let parts: [TaskFigures]
    package let countedFrom: Timestamp?

    package init(
        range: AnalyticsRange, agent: String?, promisedSeconds: Double, total: TaskFigures, parts: [TaskFigures],
        countedFrom: Timestamp?
    ) {
        self.range = range
        self.agent = agent
        self.promisedSeconds = promisedSeconds
        self.total = total
        self.parts = parts
        self.countedFrom = countedFrom
    }

    package static let fields: [Field<AnalyticsView>] = [
        Field("since", "The begin of the time.") { $0.range.since },
        Field("until", "Its end.") { $0.range.until },
        Field("agent", "The agent asked for; null for all.") { $0.agent },
        Field("sla_seconds", "The time in which tasks were to complete.") { $0.promisedSeconds },
        Field("complete", "Whether all tasks of the time were counted.") { $0.countedFrom == nil },
        Field("counted_from", "Tasks created before this are missing; null when none is.") { $0.countedFrom },
        Field("total", "All parts together.") { TaskFiguresView($0.total) },
        Field("buckets", "The parts, in the order of time.") { view in
            view.parts.enumerated().map { number, figures in
                AnalyticsBucketView(
                    since: view.range.bound(number), until: view.range.bound(number + 1), figures: figures)
            }
        },
    ]
}
