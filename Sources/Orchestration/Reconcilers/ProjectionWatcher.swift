// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
package import Postgres
import Store

/// Replays the events of some tasks again and opens an incident where a row is not what they say.
///
/// Every pass takes the newest tasks and some from a place at random, so that all have their turn sooner or later;
/// `orchestrator-svc rebuild` compares everything.
package actor ProjectionWatcher {
    private static let period: Duration = .seconds(60)
    /// Tasks of one pass, of each sort.
    private static let sample = 10
    private static let page = 500
    /// A task with more events than this is left out.
    private static let mostEvents = 5000

    private let pool: PostgresPool
    private let hub: EventHub
    private let incidents: SystemIncidents
    /// How far each workspace was when it was last looked at.
    private var seen: [ID<Workspace>: Int64] = [:]
    private var last: ID<Workspace>?

    package init(pool: PostgresPool, hub: EventHub, incidents: SystemIncidents) {
        self.pool = pool
        self.hub = hub
        self.incidents = incidents
    }

    /// What is not as the events say, of one task.
    struct Drift: Sendable, Equatable {
        let taskID: ID<WorkTask>
        let roomID: ID<Room>
        /// Columns such as `proj_tasks.status`.
        let columns: [String]
        let runIDs: [ID<Run>]
    }

    /// One pass over a workspace that has moved on since it had its turn; costs nothing while none has.
    package func pass() async throws -> Duration? {
        let moved = hub.positions.filter { seen[$0.key] != $0.value }.keys.sorted()
        guard let workspaceID = moved.first(where: { $0 > last ?? $0 }) ?? moved.first else { return Self.period }
        last = workspaceID
        seen[workspaceID] = hub.positions[workspaceID]
        for drift in try await drifts(in: workspaceID) { try await report(drift, in: workspaceID) }
        return Self.period
    }

    private func drifts(in workspaceID: ID<Workspace>) async throws -> [Drift] {
        try await pool.transaction(options: "ISOLATION LEVEL REPEATABLE READ, READ ONLY") { connection in
            let oldest = TaskStore.oldest(in: workspaceID)
            guard let first = try oldest.decode(try await connection.query(oldest.sql)) else { return [] }
            let sample = TaskStore.sample(of: workspaceID, behind: Self.place(behind: first), each: Self.sample)
            var drifts: [Drift] = []
            for id in try sample.decode(try await connection.query(sample.sql)) {
                if let drift = try await Self.drift(of: id, in: workspaceID, on: connection) { drifts.append(drift) }
            }
            return drifts
        }
    }

    /// A place at random between a task and now: identifiers begin with their time.
    private static func place(behind first: ID<WorkTask>) -> ID<WorkTask> {
        let begin = ULID.time(of: first.rawValue.suffix(26)).microseconds
        let moment = Int64.random(in: begin...max(begin, Timestamp.now().microseconds))
        return .lowest(at: Timestamp(microseconds: moment))
    }

    private static func drift(
        of id: ID<WorkTask>, in workspaceID: ID<Workspace>, on connection: PostgresConnection
    ) async throws -> Drift? {
        func read<Output>(_ statement: Statement<Output>) async throws -> Output {
            try statement.decode(try await connection.query(statement.sql))
        }
        var events: [RecordedEvent] = []
        while true {
            let more = try await read(
                EventStore.events(of: id, in: workspaceID, after: events.last?.position ?? 0, limit: page))
            events += more
            guard events.count <= mostEvents else { return nil }
            if more.count < page { break }
        }
        guard let stored = try await read(TaskStore.task(id, in: workspaceID)) else { return nil }
        let runs = try await read(TaskStore.runs(of: id, in: workspaceID, limit: 100))
        guard let replayed = try EventReplay(workspaceID: workspaceID).task(id, from: events) else {
            return Drift(taskID: id, roomID: stored.roomID, columns: ["proj_tasks.task_id"], runIDs: [])
        }
        var columns = differences(stored, replayed.task).map { "proj_tasks.\($0)" }
        var runIDs: [ID<Run>] = []
        for run in runs {
            guard let expected = replayed.runs.first(where: { $0.id == run.id }) else {
                columns.append("proj_runs.run_id")
                continue
            }
            let found = differences(run, expected)
            columns += found.map { "proj_runs.\($0)" }
            if !found.isEmpty { runIDs.append(run.id) }
        }
        if runs.count < min(100, replayed.runs.count) { columns.append("proj_runs.run_number") }
        guard !columns.isEmpty else { return nil }
        return Drift(taskID: id, roomID: replayed.task.roomID, columns: columns, runIDs: runIDs)
    }

    /// The columns in which two rows differ: members of the row's type, which has one for each.
    static func differences<Row>(_ stored: Row, _ expected: Row) -> [String] {
        zip(Mirror(reflecting: stored).children, Mirror(reflecting: expected).children).compactMap { found, wanted in
            guard String(reflecting: found.value) != String(reflecting: wanted.value) else { return nil }
            return column(found.label ?? "")
        }
    }

    /// `correlationID` as `correlation_id`.
    private static func column(_ member: String) -> String {
        var column = ""
        var wasUpper = true
        for letter in member {
            if letter.isUppercase, !wasUpper { column.append("_") }
            wasUpper = letter.isUppercase
            column += letter.lowercased()
        }
        return column
    }

    private func report(_ drift: Drift, in workspaceID: ID<Workspace>) async throws {
        try await incidents.open(
            IncidentReport(
                .projectionDrift, title: "Rows of \(drift.taskID) are not what its events say",
                description: """
                    A replay of the events gives other values in \(drift.columns.joined(separator: ", ")). \
                    `orchestrator-svc rebuild` compares everything.
                    """,
                links: IncidentLinks(runIDs: drift.runIDs)),
            key: drift.taskID.rawValue, in: workspaceID, room: drift.roomID)
    }
}
