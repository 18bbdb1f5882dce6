// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct LogTailTests {
    /// Reads until `count` frames have come; resets are given as negative ids.
    private func read(_ count: Int, _ subscription: LogSubscription) async -> [Int64] {
        var ids: [Int64] = []
        var iterator = subscription.makeAsyncIterator()
        while ids.filter({ $0 > 0 }).count < count, let delivery = await iterator.next() {
            switch delivery {
            case .frames(let frames): ids += frames.map(\.frame.id)
            case .reset(let next): ids.append(-next)
            }
        }
        return ids
    }

    @Test func `a watcher gets what is committed from now on, through its filter`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, tail in
                try await lane.store(rows(frame("before")))
                let subscription = try await tail.subscribe(LogFilter(services: ["x"]), after: nil)
                try await lane.store(rows(frame("2"), frame("3", service: "x"), frame("4")))
                try await lane.store(rows(frame("5", service: "x")))
                #expect(await read(2, subscription) == [3, 5])
                #expect(tail.figures.watchers == 1)
            }
        }
    }

    @Test func `a watcher gets by the values of fields what it gets from storage by them`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, tail in
                let filter = LogFilter(
                    with: [LogMatch(.member("status"), "500")], without: [LogMatch(.member("path"), "/health")])
                let frames = [("500", "/task"), ("500", "/health"), ("200", "/task"), ("500", "/runs")].map {
                    (status, path) -> JSONValue in
                    frame("asked", ["fields": ["status": .number(JSONNumber(trusted: status)), "path": .string(path)]])
                }
                for frame in frames { try await lane.store(rows(frame)) }
                let subscription = try await tail.subscribe(filter, after: 0)
                for frame in frames { try await lane.store(rows(frame)) }
                #expect(await read(4, subscription) == [1, 4, 5, 8])
            }
        }
    }

    @Test func `a watcher goes on after the id it names, from storage to live without gap or repeat`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, tail in
                for number in 0..<30 { try await lane.store(rows(frame("\(number)"))) }
                let subscription = try await tail.subscribe(LogFilter(), after: 10)
                let ids = try await withThrowingTaskGroup(of: [Int64].self) { group in
                    group.addTask { await read(50, subscription) }
                    for number in 30..<60 { try await lane.store(rows(frame("\(number)"))) }
                    return try await group.next()
                }
                #expect(ids == Array(11...60))
            }
        }
    }

    @Test func `a slow watcher does not hold up ingest and misses nothing`() async throws {
        try await withLoggingDatabase { database in
            var limits = LogTail.Limits()
            limits.queuedFrames = 40
            limits.batchFrames = 10
            try await database.withLane(tail: limits) { lane, tail in
                let slow = try await tail.subscribe(LogFilter(), after: nil)
                var iterator = slow.makeAsyncIterator()
                try await lane.store(rows(frame("0")))
                var ids: [Int64] = []
                if case .frames(let frames) = await iterator.next() { ids = frames.map(\.frame.id) }
                // Nobody reads while these are stored.
                for batch in 0..<20 {
                    let frames = (0..<50).map { frame("\(batch)-\($0)") }
                    try await lane.store(LogBody(JSONValue.array(frames).bytes, form: .json, arrival: .now()).rows)
                }
                while ids.count < 1001, case .frames(let frames) = await iterator.next() {
                    #expect(frames.count <= 10)
                    ids += frames.map(\.frame.id)
                }
                #expect(ids == Array(1...1001))
                #expect(lane.figures.storedFrames == 1001)
                try await lane.store(rows(frame("live again")))
                if case .frames(let frames) = await iterator.next() { #expect(frames.map(\.frame.id) == [1002]) }
            }
        }
    }

    @Test func `frames of another process appear too`() async throws {
        try await withLoggingDatabase { database in
            var limits = LogTail.Limits()
            limits.pollInterval = .milliseconds(20)
            let other = LoggingDatabase(url: database.url)
            try await database.withLane(tail: limits) { lane, tail in
                let subscription = try await tail.subscribe(LogFilter(), after: nil)
                try await other.withLane { elsewhere, _ in
                    for number in 0..<10 {
                        try await elsewhere.store(rows(frame("elsewhere \(number)")))
                        try await lane.store(rows(frame("here \(number)")))
                    }
                    try await elsewhere.store(rows(frame("the last one")))
                }
                #expect(await read(21, subscription) == Array(1...21))
            }
            await other.pool.shutdown()
        }
    }

    @Test func `a place that is not in the log any more, or not yet, is reset`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, tail in
                for number in 0..<5 { try await lane.store(rows(frame("\(number)"))) }
                _ = try await database.asOwner(["DELETE FROM logs WHERE log_id < 4"])
                #expect(await read(2, try await tail.subscribe(LogFilter(), after: 1)) == [-4, 4, 5])
                #expect(await read(2, try await tail.subscribe(LogFilter(), after: 3)) == [4, 5])
                let ahead = try await tail.subscribe(LogFilter(), after: 99)
                var iterator = ahead.makeAsyncIterator()
                guard case .reset(let next) = await iterator.next() else {
                    Issue.record("no reset")
                    return
                }
                #expect(next == 6)
                try await lane.store(rows(frame("6")))
                if case .frames(let frames) = await iterator.next() { #expect(frames.map(\.frame.id) == [6]) }
            }
        }
    }

    @Test func `closing ends the streams, and letting go ends the watching`() async throws {
        try await withLoggingDatabase { database in
            try await database.withLane { lane, tail in
                do {
                    let subscription = try await tail.subscribe(LogFilter(), after: nil)
                    #expect(tail.figures.watchers == 1)
                    _ = subscription
                }
                try await eventually { tail.figures.watchers == 0 }
                let subscription = try await tail.subscribe(LogFilter(), after: nil)
                tail.close()
                #expect(await read(1, subscription) == [])
                #expect(await read(1, try await tail.subscribe(LogFilter(), after: nil)) == [])
            }
        }
    }
}
