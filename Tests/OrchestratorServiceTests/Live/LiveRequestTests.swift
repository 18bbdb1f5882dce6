// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Foundation
import Testing

/// What is taken from clients, against the published schema.
@Suite struct LiveRequestTests {
    private static let task = "task_01HZY3C8V5N9Q4R6T8W0X2Y4Z6"
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    static let good = [
        #"{"type":"subscribe","id":"a","channels":["tasks"]}"#,
        #"{"type":"subscribe","id":"a","channels":["logs","tasks"],"filter":null,"cursor":null}"#,
        """
        {"type":"subscribe","id":"a-1.x","channels":["tasks","logs"],"filter":{"task":["\(task)"],"status":["failed",\
        "completed"],"service":["echo-agent-svc"],"level":"warning","correlation":["order 17"],"trace":["\(trace)"]},\
        "cursor":{"events":0,"logs":9007199254740991}}
        """,
        #"{"type":"subscribe","id":"a","channels":["logs"],"filter":{"level":null,"task":null},"cursor":{"logs":null}}"#,
        #"{"type":"subscribe","id":"a","channels":["tasks"],"workspace_id":"ws_team-1"}"#,
        #"{"type":"subscribe","id":"a","channels":["tasks"],"workspace_id":null}"#,
        #"{"type":"unsubscribe","id":"a"}"#, #"{"type":"ping"}"#, #"{"type":"ping","nonce":"é"}"#,
        #"{"type":"ping","nonce":null}"#,
    ]

    /// Each with the members that are wrong.
    static let bad: [(text: String, fields: [String])] = [
        ("[]", [""]), ("null", [""]), ("{}", ["/type"]), (#"{"type":1}"#, ["/type"]), (#"{"type":"open"}"#, ["/type"]),
        (#"{"type":"subscribe"}"#, ["/id", "/channels"]),
        (#"{"type":"subscribe","id":"","channels":["tasks"]}"#, ["/id"]),
        (#"{"type":"subscribe","id":"\#(String(repeating: "x", count: 65))","channels":["tasks"]}"#, ["/id"]),
        (#"{"type":"subscribe","id":"a b","channels":[]}"#, ["/id", "/channels"]),
        (#"{"type":"subscribe","id":"a","channels":["tasks","tasks"]}"#, ["/channels"]),
        (#"{"type":"subscribe","id":"a","channels":["task"]}"#, ["/channels/0"]),
        (#"{"type":"subscribe","id":"a","channels":["tasks"],"more":1}"#, ["/more"]),
        (subscribe(#""filter":{"task":[]}"#), ["/filter/task"]), (subscribe(#""filter":[]"#), ["/filter"]),
        (subscribe(#""filter":{"task":["run_01HZY3C8V5N9Q4R6T8W0X2Y4Z6"]}"#), ["/filter/task/0"]),
        (subscribe(#""filter":{"status":["done"],"level":"loud"}"#), ["/filter/status/0", "/filter/level"]),
        (subscribe(#""filter":{"trace":["0AF7651916CD43DD8448EB211C80319C"]}"#), ["/filter/trace/0"]),
        (subscribe(#""filter":{"service":["a\u0000"],"other":1}"#), ["/filter/service/0", "/filter/other"]),
        (
            subscribe(#""filter":{"correlation":[\#((0...50).map { "\"c\($0)\"" }.joined(separator: ","))]}"#),
            ["/filter/correlation"]
        ),
        (subscribe(#""cursor":{"events":-1,"logs":1.5}"#), ["/cursor/events", "/cursor/logs"]),
        (subscribe(#""cursor":{"events":9007199254740992}"#), ["/cursor/events"]),
        (subscribe(#""cursor":{"events":"1"}"#), ["/cursor/events"]), (subscribe(#""cursor":5"#), ["/cursor"]),
        (subscribe(#""workspace_id":"team""#), ["/workspace_id"]), (subscribe(#""workspace_id":7"#), ["/workspace_id"]),
        (#"{"type":"unsubscribe"}"#, ["/id"]),
        (#"{"type":"unsubscribe","id":"a","channels":["tasks"]}"#, ["/channels"]),
        (#"{"type":"ping","nonce":7}"#, ["/nonce"]),
    ]

    private static func subscribe(_ member: String) -> String {
        #"{"type":"subscribe","id":"a","channels":["tasks"],\#(member)}"#
    }

    @Test(arguments: good) func `what the schema allows is taken`(text: String) throws {
        let contract = try LiveContract.shared.get()
        #expect(contract.faults(try JSONValue.parse(text), as: "clientFrame").isEmpty)
        #expect(throws: Never.self) { try LiveRequest(text) }
    }

    @Test(arguments: bad.indices) func `what the schema forbids is refused by the name of the member`(index: Int) throws
    {
        let (text, fields) = Self.bad[index]
        let contract = try LiveContract.shared.get()
        #expect(!contract.faults(try JSONValue.parse(text), as: "clientFrame").isEmpty, "\(text)")
        let refusal = try #require(throws: LiveRefusal.self) { try LiveRequest(text) }
        #expect(refusal.code == "invalid")
        #expect(Set(refusal.fields.map(\.field)) == Set(fields), "\(text): \(refusal.fields)")
        #expect(contract.faults(try JSONValue.parse(LiveFrame.error(refusal).bytes), as: "error").isEmpty)
    }

    @Test func `a refusal says which subscription was meant, unless that is what is wrong`() throws {
        let refusal = try #require(throws: LiveRefusal.self) { try LiveRequest(Self.subscribe(#""cursor":5"#)) }
        #expect(refusal.id == "a")
        let other = try #require(throws: LiveRefusal.self) { try LiveRequest(#"{"type":"unsubscribe","id":"a b"}"#) }
        #expect(other.id == nil)
        let broken = try #require(throws: LiveRefusal.self) { try LiveRequest("{\"type\":") }
        #expect(broken.code == "malformed_json")
    }

    @Test func `a filter takes what fits every member`() throws {
        let mine = ID<WorkTask>.make()
        func event(_ task: ID<WorkTask>?, correlation: String? = nil) -> Event {
            Event(
                id: UUID(), workspaceID: Workspace.defaultID, stream: .room(Room.defaultID), type: "run.started",
                actor: Principal(.user, "admin"), taskID: task, correlationID: correlation, traceID: Self.trace,
                occurredAt: .now(), body: [])
        }
        func filter(_ members: String) throws -> LiveFilter {
            guard case .subscribe(let wanted) = try LiveRequest(Self.subscribe("\"filter\":{\(members)}")) else {
                throw LiveRefusal(code: "invalid", message: "no subscription")
            }
            return wanted.filter
        }
        #expect(LiveFilter.everything.admits(event(mine), status: nil))
        #expect(!LiveFilter.everything.admits(event(nil), status: nil))
        let byTask = try filter("\"task\":[\"\(mine)\",\"\(Self.task)\"]")
        #expect(byTask.admits(event(mine), status: .queued))
        #expect(!byTask.admits(event(.make()), status: .queued))
        let byStatus = try filter(#""status":["failed","cancelled"],"correlation":["c"]"#)
        #expect(byStatus.admits(event(mine, correlation: "c"), status: .cancelled))
        #expect(!byStatus.admits(event(mine, correlation: "c"), status: .queued))
        #expect(!byStatus.admits(event(mine, correlation: "c"), status: nil))
        #expect(!byStatus.admits(event(mine), status: .failed))
        let byTrace = try filter(#""trace":["\#(Self.trace)"],"level":"warning","service":["echo"]"#)
        #expect(byTrace.admits(event(mine), status: nil))
        func log(_ level: LogLevel, _ service: String, _ trace: String?) -> Bool {
            byTrace.admits(level: level, service: service, correlationID: nil, traceID: trace)
        }
        #expect(log(.warning, "echo", Self.trace))
        #expect(log(.critical, "echo", Self.trace))
        #expect(!log(.notice, "echo", Self.trace))
        #expect(!log(.error, "other", Self.trace))
        #expect(!log(.error, "echo", nil))
    }
}
