// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Foundation
import Orchestration
import Store
import TestKit
import Testing

@Suite struct ThreadTests {
    private func room(_ kernel: KernelFixture) async throws -> Room {
        try await RoomOperations(pool: kernel.pool, commit: kernel.commit).create(
            name: "Lobby", idempotencyKey: nil, in: KernelFixture.workspace, by: .tester
        ).room
    }

    @Test func `many posters at once leave messages numbered without gaps, in the order of their ids`() async throws {
        try await KernelFixture.with { kernel in
            let room = try await room(kernel)
            let threads = ThreadOperations(pool: kernel.pool, commit: kernel.commit)
            let ids = try await [0, 1].asyncMap { number in
                try await threads.create(
                    title: "\(number)", of: room.id, in: KernelFixture.workspace, by: .tester
                ).id
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        _ = try await threads.post(
                            .init(content: "\(number)"), to: ids[number % 2], in: KernelFixture.workspace, by: .tester)
                    }
                }
                try await group.waitForAll()
            }
            for id in ids {
                let (messages, next) = try await threads.messages(
                    of: id, isAscending: true, in: KernelFixture.workspace, beyond: nil, limit: 500)
                #expect(messages.map(\.number) == Array(1...100) && next == nil)
                #expect(messages.map(\.id) == messages.map(\.id).sorted())
                let thread = try await threads.thread(id, in: KernelFixture.workspace)
                #expect(thread.latest?.number == 100 && thread.latest?.id == messages.last?.id)
            }
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
            #expect(rebuilt.comparisons.first { $0.table == "proj_messages" }?.rows == 200)
        }
    }

    @Test func `an id ascends even where another daemon's clock was ahead`() {
        let ahead = ID<Message>(trusted: "msg_7ZZZZZZZZZZZZZZZZZZZZZZZZY")
        let next = ID<Message>.make(after: ahead)
        #expect(next.rawValue == "msg_7ZZZZZZZZZZZZZZZZZZZZZZZZZ" && next > ahead)
        let carried = ID<Message>.make(after: ID(trusted: "msg_7ZZZZZZZZZZZZZZZZZZZZZZ0ZZ"))
        #expect(carried.rawValue == "msg_7ZZZZZZZZZZZZZZZZZZZZZZ100")
        #expect(ID<Message>.make(after: nil) < ahead)
    }

    @Test func `all that can happen in a room follows from its events`() async throws {
        try await KernelFixture.with { kernel in
            let room = try await room(kernel)
            let threads = ThreadOperations(pool: kernel.pool, commit: kernel.commit)
            let workspace = KernelFixture.workspace
            guard case .created(let task) = try await kernel.create(in: room.id) else { return }
            let thread = try await threads.create(title: "Plans", of: room.id, in: workspace, by: .tester)
            var about = ThreadOperations.NewMessage(content: "About the run.")
            about.runID = task.runID
            about.correlationID = "c"
            about.idempotencyKey = "k"
            let first = try await threads.post(about, to: thread.id, in: workspace, by: .tester)
            #expect(first.message.runID == task.runID && !first.isReplay)
            var answer = ThreadOperations.NewMessage(content: "An answer.")
            answer.inReplyTo = first.message.id
            _ = try await threads.post(answer, to: thread.id, in: workspace, by: .tester)
            #expect(try await threads.post(about, to: thread.id, in: workspace, by: .tester).isReplay)
            let renamed = try await threads.change(
                thread.id, title: "Other plans", isArchived: true, ifVersion: 1, in: workspace, by: .tester)
            #expect(renamed.version == 3 && renamed.archivedAt != nil)
            let problem = await #expect(throws: Problem.self) {
                try await threads.post(.init(content: "late"), to: thread.id, in: workspace, by: .tester)
            }
            #expect(problem?.code == "thread_archived")
            #expect(
                try await threads.post(about, to: thread.id, in: workspace, by: .tester).isReplay,
                "what was posted before is still answered")
            _ = try await kernel.change(room.id, name: "Hall")
            let events = try await kernel.events().filter { $0.event.stream == .room(room.id) }
            #expect(events.map(\.streamSequence) == Array(1...Int64(events.count)))
            #expect(
                events.map(\.event.type) == [
                    "room.created", "task.created", "thread.created", "message.posted", "message.posted",
                    "thread.renamed", "thread.archived", "room.renamed",
                ])
            #expect(events[3].event.taskID == task.id && events[3].event.correlationID == "c")
            #expect(try await kernel.rebuild().isEqual)
            #expect(try await kernel.verify().finding == nil)
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
