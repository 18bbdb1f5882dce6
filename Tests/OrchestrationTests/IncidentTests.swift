// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite struct IncidentTests {
    private func operations(_ kernel: KernelFixture) -> IncidentOperations {
        IncidentOperations(pool: kernel.pool, commit: kernel.commit)
    }

    private func report(key: String, room: ID<Room>?) -> IncidentOperations.NewIncident {
        var new = IncidentOperations.NewIncident(title: "Once", severity: .low)
        new.idempotencyKey = key
        new.roomID = room
        return new
    }

    @Test func `an incident's life is a few events of its room, and its row follows from them`() async throws {
        try await KernelFixture.with { kernel in
            let incidents = operations(kernel)
            let workspace = KernelFixture.workspace
            let task = try await kernel.createTask()
            var new = IncidentOperations.NewIncident(title: "Slow", severity: .high)
            new.runID = task.runID
            new.eventID = try #require(try await kernel.events().last).event.id
            new.idempotencyKey = "slow"
            let (opened, isNew) = try await incidents.open(new, in: workspace, by: .tester)
            #expect(isNew && opened.roomID == Room.defaultID && opened.runIDs == [task.runID])
            let other = try await kernel.createTask()
            let linked = try await incidents.link(
                opened.id, IncidentLinks(runIDs: [other.runID, task.runID, other.runID]), in: workspace, by: .tester)
            #expect(linked.runIDs == [task.runID, other.runID] && linked.version == 2)
            #expect(try await incidents.acknowledge(opened.id, note: nil, in: workspace, by: .tester).version == 3)
            #expect(try await incidents.acknowledge(opened.id, note: "x", in: workspace, by: .tester).version == 3)
            #expect(try await !incidents.open(new, in: workspace, by: .tester).isNew)
            let closed = try await incidents.close(opened.id, note: "Done.", in: workspace, by: .tester)
            #expect(closed.status == .closed && closed.note == "Done." && closed.version == 4)
            let again = try await incidents.open(new, in: workspace, by: .tester)
            #expect(again.isNew && again.incident.id != opened.id)
            let problem = await #expect(throws: Problem.self) {
                try await incidents.close(opened.id, note: "Again.", in: workspace, by: .tester)
            }
            #expect(problem?.code == "incident_closed")
            let types = try await kernel.events().filter { $0.event.stream == .room(Room.defaultID) }
                .map(\.event.type).filter { $0.hasPrefix("incident.") }
            #expect(
                types == [
                    "incident.opened", "incident.linked", "incident.acknowledged", "incident.closed",
                    "incident.opened",
                ])
            #expect(try await kernel.rebuild().isEqual)
            #expect(try await kernel.verify().finding == nil)
        }
    }

    @Test func `two kernels over one database open one incident of a key, also while it is being closed`()
        async throws
    {
        try await KernelFixture.with { first in
            try await KernelFixture.run(on: first.url, opens: false) { second in
                let both = [operations(first), operations(second)]
                let room = try await RoomOperations(pool: first.pool, commit: first.commit).create(
                    name: "Other", idempotencyKey: nil, in: KernelFixture.workspace, by: .tester
                ).room
                for round in 0..<10 {
                    let here = report(key: "k\(round)", room: room.id)
                    let there = report(key: "k\(round)", room: nil)
                    async let one = both[0].open(here, in: KernelFixture.workspace, by: .tester)
                    async let other = both[1].open(there, in: KernelFixture.workspace, by: .tester)
                    let opened = try await [one, other]
                    #expect(opened[0].incident.id == opened[1].incident.id)
                    #expect(opened.filter(\.isNew).count == 1)
                    async let closing = both[0].close(
                        opened[0].incident.id, note: "x", in: KernelFixture.workspace, by: .tester)
                    async let reopening = both[1].open(there, in: KernelFixture.workspace, by: .tester)
                    _ = try await (closing, reopening)
                }
                #expect(try await first.rebuild().isEqual)
            }
        }
    }

    @Test func `nobody can hide one of the orchestrator's own incidents behind its key`() async throws {
        try await KernelFixture.with { kernel in
            var new = IncidentOperations.NewIncident(title: "Harmless", severity: .low)
            new.idempotencyKey = "log"
            let mine = try await operations(kernel).open(new, in: KernelFixture.workspace, by: .tester)
            try await kernel.incidents.open(
                IncidentReport(.chainMismatch, title: "Tampered", description: ""), key: "log",
                in: KernelFixture.workspace)
            let kinds = try await kernel.openIncidents().map(\.kind)
            #expect(kinds == ["chain_mismatch", "manual"] && mine.isNew)
            new.kind = "chain_mismatch"
            let problem = await #expect(throws: Problem.self) {
                try await operations(kernel).open(new, in: KernelFixture.workspace, by: .tester)
            }
            #expect(problem?.kind == .invalid && problem?.fields.first?.field == "/kind")
        }
    }
}

extension KernelFixture {
    /// Incidents that are not closed, newest first.
    func openIncidents() async throws -> [Incident] {
        var filter = IncidentFilter()
        filter.statuses = [.open, .acknowledged]
        return try await IncidentOperations(pool: pool, commit: commit).list(
            filter, in: Self.workspace, before: nil, limit: 100
        ).incidents
    }

    func close(_ incident: Incident) async throws {
        _ = try await IncidentOperations(pool: pool, commit: commit).close(
            incident.id, note: "seen", in: Self.workspace, by: .tester)
    }

    /// Changes rows behind the kernel's back: as the owner, with triggers switched off.
    func tamper(_ damage: SQL...) async throws {
        try await withOwner { owner in
            try await owner.transaction { connection in
                _ = try await connection.query("SET LOCAL session_replication_role = replica")
                for sql in damage { _ = try await connection.query(sql) }
            }
        }
    }
}
