// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import FoundationEssentials
import HTTPTypes

/// What other daemons of the suite tell the orchestrator to keep.
package enum InternalEventsAPI {
    package static let tell = Endpoint<TellEventsInput, ToldEventsView>(
        "tellEvents", .post, "/internal/events", .services(.recordEvents), "Keeps events of another daemon.",
        description: """
            In the stream `renderctl-svc` of type `service`, in the order of the request. An event that was kept before is \
            not kept again, so a request whose answer was lost is sent again as it was.
            """,
        tag: "events", isIdempotent: true, bodyLimit: 8_388_608)

    package static let catalogue: [AnyEndpoint] = [tell.route]

    /// Events of one request.
    package static let mostEvents = 100
}

/// The body of `POST /internal/events`.
package struct TellEventsInput: WireInput {
    package static let wireName = "EventReports"

    package let workspaceID: ID<Workspace>
    package let reports: [RenderReport]

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        reports = reader.member(
            "events", "What happened, in order.",
            .array(of: .object(EventReportInput.self), min: 1, max: InternalEventsAPI.mostEvents)
        ).map(\.report)
    }
}

extension RenderEvent: WireEnum {}

/// One event that another daemon tells.
package struct EventReportInput: WireInput {
    package static let wireName = "EventReport"

    package let report: RenderReport

    package init(_ reader: inout InputReader) {
        let id = reader.member("event_id", "Names the event; the same again is the same event.", .eventID)
        let event = reader.member("event_type", "What happened.", .choice(RenderEvent.self))
        let actor = reader.member("actor", "Who caused it, such as `user:admin`.", .principal)
        let traceID = reader.member(
            "trace_id", "The W3C trace it belongs to.", .string(.traceID, min: 32, max: 32))
        let occurredAt = reader.member("occurred_at", "When it happened.", .timestamp)
        let body = reader.member("body", "What is to be kept of it, up to 64 KiB as JSON.", .anyObject)
        if !reader.isDescribing, JSONValue.object(body).bytes.count > 65_536 {
            reader.refuse("/body", "must be at most 64 KiB as JSON")
        }
        report = RenderReport(
            id: id, event: event, actor: actor, traceID: traceID, occurredAt: occurredAt, body: body)
    }
}

extension Shape where Value == Principal {
    /// Who did something, such as `user:admin`.
    fileprivate static var principal: Shape<Principal> {
        let pattern = TextPattern(
            #"^(user|agent|service):[^\u0000]{1,200}$"#, words: "a principal such as user:admin"
        ) { text in
            Principal(text)?.isRecordable == true
        }
        return Shape<String>.string(pattern, max: 210)
            .map(placeholder: Principal(.service, "x"), words: pattern.words) { Principal($0) }
    }
}

/// What became of events that were told.
package struct ToldEventsView: WireObject {
    package static let wireName = "EventReportReceipt"

    let told: Int
    let recorded: Int

    package init(told: Int, recorded: Int) {
        self.told = told
        self.recorded = recorded
    }

    package static let fields: [Field<ToldEventsView>] = [
        Field("told", "Events of the request.") { $0.told },
        Field("recorded", "Those of them that had not been kept before.") { $0.recorded },
    ]
}
