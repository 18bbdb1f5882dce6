// SPDX-License-Identifier: Apache-2.0

import API
import Common
import HTTPTypes
import ServiceKit
import Synchronization

/// A small catalogue that has one endpoint of every sort.
enum TestAPI {
    struct Note: WireObject {
        let title: String
        let count: Int
        let author: String

        static let fields: [Field<Note>] = [
            Field("title", "Its title.") { $0.title },
            Field("count", "How many.") { $0.count },
            Field("author", "Who wrote it.") { $0.author },
        ]
    }

    struct NewNote: WireInput {
        let title: String
        let count: Int

        init(_ input: inout InputReader) {
            title = input.member("title", "Its title.", .string(min: 1, max: 20))
            count = input.member("count", "How many.", .integer(0...9), default: 1)
        }
    }

    struct FindNote: WireInput {
        let name: String
        let isLoud: Bool

        init(_ input: inout InputReader) {
            name = input.path("name", "Its name.", .string(max: 40))
            isLoud = input.query("loud", "Whether to shout.", .bool, default: false)
        }
    }

    struct Lines: WireInput {
        let bytes: [UInt8]

        init(_ input: inout InputReader) {
            bytes = input.rawBody("Lines.", [("application/x-ndjson", { _ in ["type": "string"] })]).bytes
        }
    }

    struct Crash: Error {}

    static let create = Endpoint<NewNote, Note>(
        "createNote", .post, "/notes", .peopleAndServices(.writeTasks), "Creates a note.", tag: "notes",
        success: [201, 200])
    static let find = Endpoint<FindNote, Note>(
        "findNote", .get, "/notes/{name}", .peopleAndServices(.readTasks), "Finds a note.", tag: "notes")
    static let remove = Endpoint<FindNote, NoContent>(
        "removeNote", .delete, "/notes/{name}", .people(.writeTasks), "Removes a note.", tag: "notes", success: [204])
    static let inside = Endpoint<NoInput, Note>(
        "inside", .get, "/inside", .services(.readTasks), "For our daemons.", tag: "notes")
    static let crash = Endpoint<NoInput, Note>(
        "crash", .get, "/crash", .people(.readTasks), "Fails.", tag: "notes")
    static let wait = Endpoint<NoInput, Note>(
        "wait", .get, "/wait", .people(.readTasks), "Waits until it is let go.", tag: "notes", stopsWithConnection: true
    )
    static let lines = Endpoint<Lines, Note>(
        "lines", .post, "/lines", .people(.writeTasks), "Takes lines.", tag: "notes")
    static let stream = Endpoint<NoInput, EventStream<Note>>(
        "stream", .get, "/stream", .people(.readTasks), "Notes as they come.", tag: "notes")

    static let catalogue: [AnyEndpoint] = [
        create.route, find.route, remove.route, inside.route, crash.route, wait.route, lines.route, stream.route,
    ]

    /// What the waiting endpoint and the stream do is steered and seen here.
    final class Stage: Sendable {
        let isEntered = Flag()
        let wasCancelled = Flag()
        let gate = AsyncStream.makeStream(of: Void.self)
        let events = AsyncStream.makeStream(of: [StreamEvent].self)

        init() {}
    }

    static func answer(_ router: inout EndpointRouter, _ stage: Stage) {
        router.on(create) { input, context in
            let note = Note(title: input.title, count: input.count, author: context.caller.principal.text)
            return Reply(note, status: input.count == 0 ? 200 : nil, headers: [(.location, "/notes/\(input.title)")])
        }
        router.on(find) { input, context in
            guard input.name != "nowhere" else { throw Problem.notFound("note", input.name) }
            return Note(title: input.isLoud ? input.name.uppercased() : input.name, count: 1, author: "a")
        }
        router.on(remove) { _, _ in NoContent() }
        router.on(inside) { _, context in Note(title: "in", count: 1, author: context.caller.principal.text) }
        router.on(crash) { _, _ -> Note in
            throw Problem(.internal, "Something broke.", cause: Problem(.unavailable, "disk 7 is full", cause: Crash()))
        }
        router.on(wait) { _, _ -> Note in
            stage.isEntered.raise()
            for await _ in stage.gate.stream { break }
            if Task.isCancelled { stage.wasCancelled.raise() }
            try Task.checkCancellation()
            return Note(title: "done", count: 1, author: "a")
        }
        router.on(lines) { input, _ in
            Note(title: "lines", count: input.bytes.split(separator: UInt8(ascii: "\n")).count, author: "a")
        }
        router.on(stream) { _, _ in EventSource(stage.events.stream, heartbeat: .milliseconds(50)) }
    }
}

extension TestDaemon {
    /// Runs the small catalogue.
    static func runNotes(
        environment: [String: String] = [:], throttle: AuthThrottle = AuthThrottle(),
        wire: (inout Daemon) -> Void = { _ in }, _ body: (TestDaemon, TestAPI.Stage) async throws -> Void
    ) async throws {
        let stage = TestAPI.Stage()
        try await run(
            TestAPI.catalogue, environment: environment, throttle: throttle,
            wire: { daemon in
                TestAPI.answer(&daemon.router, stage)
                wire(&daemon)
            }
        ) { daemon in
            try await body(daemon, stage)
        }
    }
}

/// Something that has happened, or not yet.
final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    var isUp: Bool { state.load(ordering: .acquiring) }
    func raise() { state.store(true, ordering: .releasing) }
}
