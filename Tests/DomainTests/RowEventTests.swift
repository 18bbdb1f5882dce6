// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import FoundationEssentials
import Testing

/// Events whose state is one row, as they are on disk. These texts are frozen: what was written once must be read for ever.
@Suite struct RowEventTests {
    /// Reads each text, applies it to the row that the first one makes, and writes it again byte for byte. Answers the rows,
    /// by the names of the events that left them.
    @discardableResult
    private func check<Event: RowEvent>(
        _: Event.Type, on stream: StreamKey = .room(Room.defaultID), _ frozen: KeyValuePairs<String, String>
    ) throws -> [String: Event.Row] {
        #expect(Set(frozen.map(\.key)) == Set(Event.names), "every name has its frozen text")
        var context = EventContext(
            workspaceID: Workspace.defaultID, stream: stream, actor: Principal(.user, "tester"),
            traceID: "0af7651916cd43dd8448eb211c80319c", occurredAt: Timestamp(microseconds: 1_000_000))
        context.idempotencyKey = "key"
        var first: Event.Row?
        var rows: [String: Event.Row] = [:]
        for (name, text) in frozen {
            let body = EventBody(type: name, object: try #require(try JSONValue.parse(text).object))
            let event = try Event(type: name, body: body)
            #expect(event.name == name)
            let key = try Event.key(in: context, body)
            let row = try #require(event.applied(to: first, key: key, in: context))
            #expect(Event.key(of: row) == key)
            #expect(String(decoding: event.body(of: row), as: UTF8.self) == text)
            if first == nil {
                first = row
            } else if Event.names.count > 1 {
                #expect(event.applied(to: nil, key: key, in: context) == nil, "\(name) needs its row")
            }
            rows[name] = row
        }
        #expect(throws: EventDecodingError.self) {
            try Event(type: "thing.unheard_of", body: EventBody(type: "thing.unheard_of", object: [:]))
        }
        return rows
    }

    @Test func `workspaces`() throws {
        let rows = try check(
            WorkspaceEvent.self, on: .workspace(Workspace.defaultID), ["workspace.created": #"{"name":"ws_dev"}"#])
        #expect(rows["workspace.created"]?.name == "ws_dev")
    }

    @Test func `rooms`() throws {
        let rows = try check(
            RoomEvent.self,
            [
                "room.created": #"{"name":"Lobby","idempotency_hash":"00ff"}"#,
                "room.renamed": #"{"name":"Hall"}"#,
                "room.archived": #"{"name":"Lobby"}"#,
                "room.restored": #"{"name":"Lobby"}"#,
            ])
        #expect(rows["room.created"]?.version == 1 && rows["room.created"]?.idempotencyKey == "key")
        #expect(rows["room.created"]?.idempotencyHash == [0, 255])
        #expect(rows["room.renamed"]?.version == 2 && rows["room.renamed"]?.name == "Hall")
        #expect(rows["room.archived"]?.archivedAt != nil && rows["room.restored"]?.archivedAt == nil)
        try check(
            RoomEvent.self,
            [
                "room.created": #"{"name":"default"}"#, "room.renamed": #"{"name":"a"}"#,
                "room.archived": #"{"name":"default"}"#, "room.restored": #"{"name":"default"}"#,
            ])
    }

    @Test func `threads`() throws {
        let id = "th_01ARZ3NDEKTSV4RRFFQ69G5FAV"
        let rows = try check(
            ThreadEvent.self,
            [
                "thread.created": #"{"thread_id":"\#(id)","title":"Plans"}"#,
                "thread.renamed": #"{"thread_id":"\#(id)","title":"Better plans"}"#,
                "thread.archived": #"{"thread_id":"\#(id)","title":"Plans"}"#,
                "thread.restored": #"{"thread_id":"\#(id)","title":"Plans"}"#,
            ])
        #expect(rows["thread.created"]?.roomID == Room.defaultID && rows["thread.created"]?.version == 1)
        #expect(rows["thread.renamed"]?.title == "Better plans" && rows["thread.archived"]?.archivedAt != nil)
    }

    @Test func `messages`() throws {
        let ids = #""message_id":"msg_01ARZ3NDEKTSV4RRFFQ69G5FAV","thread_id":"th_01ARZ3NDEKTSV4RRFFQ69G5FAV""#
        let row = try check(
            MessageEvent.self,
            [
                "message.posted": """
                {\(ids),"number":7,"content_md":"# Hi","in_reply_to":"msg_01ARZ3NDEKTSV4RRFFQ69G5FAW",\
                "idempotency_hash":"00ff"}
                """
            ])["message.posted"]
        #expect(row?.number == 7 && row?.sender == Principal(.user, "tester") && row?.idempotencyHash == [0, 255])
        try check(MessageEvent.self, ["message.posted": "{\(ids),\"number\":1,\"content_md\":\"x\"}"])
    }

    @Test func `incidents`() throws {
        let id = #""incident_id":"inc_01ARZ3NDEKTSV4RRFFQ69G5FAV""#
        let run = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV"
        let rows = try check(
            IncidentEvent.self, on: .workspace(Workspace.defaultID),
            [
                "incident.opened": """
                {\(id),"kind":"worker_lost","severity":"medium","title":"Lost","description":"It is gone.",\
                "run_ids":["\(run)"],"event_ids":["01900000-0000-7000-8000-000000000000"]}
                """,
                "incident.linked": "{\(id),\"run_ids\":[\"run_01ARZ3NDEKTSV4RRFFQ69G5FAW\"]}",
                "incident.acknowledged": "{\(id),\"note\":\"looking\"}",
                "incident.closed": "{\(id),\"note\":\"It came back.\"}",
            ])
        let opened = try #require(rows["incident.opened"])
        #expect(opened.roomID == nil && opened.runIDs.map(\.rawValue) == [run] && opened.eventIDs.count == 1)
        #expect(opened.openKey == "system/worker_lost/key")
        #expect(rows["incident.linked"]?.runIDs.count == 2 && rows["incident.linked"]?.version == 2)
        #expect(rows["incident.acknowledged"]?.status == .acknowledged)
        #expect(rows["incident.acknowledged"]?.note == "looking")
        #expect(rows["incident.closed"]?.closedBy == Principal(.user, "tester"))
        #expect(rows["incident.closed"]?.openKey == nil, "the key is free again")
    }
}

/// What may be made of rooms.
@Suite struct RoomDecisionTests {
    private func room(id: ID<Room> = .make(), archivedAt: Timestamp? = nil) -> Room {
        Room(
            id: id, workspaceID: Workspace.defaultID, name: "Lobby", archivedAt: archivedAt, version: 3,
            createdAt: Timestamp(microseconds: 0), updatedAt: Timestamp(microseconds: 0))
    }

    @Test func `only what differs becomes an event`() throws {
        #expect(try room().changes(name: "Lobby", isArchived: false, ifVersion: 3).isEmpty)
        #expect(try room().changes(name: "Hall", isArchived: true, ifVersion: nil) == [.renamed("Hall"), .archived])
        let archived = room(archivedAt: Timestamp(microseconds: 1))
        #expect(try archived.changes(name: nil, isArchived: false, ifVersion: nil) == [.restored])
    }

    @Test func `another version, and archiving the default room, are refused`() {
        #expect(throws: RoomError.staleVersion(current: 3)) {
            try room().changes(name: "Hall", isArchived: nil, ifVersion: 2)
        }
        #expect(throws: RoomError.isDefault) {
            try room(id: Room.defaultID).changes(name: nil, isArchived: true, ifVersion: nil)
        }
        #expect(throws: RoomError.roomArchived) { try room(archivedAt: Timestamp(microseconds: 1)).requireOpen() }
    }
}
