// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import Synchronization
import TestKit
import Testing

/// kill -9 in the middle of an apply, and of what the next daemon does about it.
@Suite struct ApplyKillTests {
    /// What an apply of the blueprint asks Render to change, undisturbed.
    private static let writes = 5
    private static let body: JSONValue = ["blueprint": .string(BlueprintRouteTests.blueprint)]

    /// Where a daemon is killed: at one of its requests of a kind, before that has its effect or when nobody is told of it.
    struct Place: Sendable, CustomTestStringConvertible {
        enum Kind: String, Sendable { case read, write }

        let kind: Kind
        let number: Int
        let moment: FakeMoment

        var testDescription: String { "\(kind) \(number), \(moment == .beforeEffect ? "before" : "after")" }

        static let first = (1...writes).flatMap { number in
            [FakeMoment.beforeEffect, .afterEffect].map { Place(kind: .write, number: number, moment: $0) }
        }

        /// While what was begun is settled, while what is left is planned, and while that is carried out.
        static let second = [
            Place(kind: .read, number: 1, moment: .beforeEffect), Place(kind: .write, number: 1, moment: .beforeEffect),
            Place(kind: .read, number: 2, moment: .afterEffect), Place(kind: .write, number: 1, moment: .afterEffect),
            Place(kind: .read, number: 4, moment: .beforeEffect), Place(kind: .write, number: 2, moment: .beforeEffect),
            Place(kind: .read, number: 6, moment: .afterEffect), Place(kind: .write, number: 2, moment: .afterEffect),
            Place(kind: .read, number: 9, moment: .beforeEffect), Place(kind: .read, number: 12, moment: .afterEffect),
        ]
    }

    @Test func `an undisturbed apply makes the calls that the others are killed at`() async throws {
        try await RenderctlFixture.run { fixture in
            let count = Counter()
            fixture.fake.onRequest { request, moment in
                if request.method != "GET", moment == .beforeEffect { count.add(1) }
            }
            let started = try await fixture.person.post("/render/blueprint/apply", Self.body)
            let apply = try await fixture.apply(try #require(started.json["apply"]?["apply_id"]?.string))
            #expect(apply["status"] == "succeeded")
            #expect(apply["succeeded_by"] == .null)
            #expect(count.value == Self.writes)
        }
    }

    @Test(arguments: Place.first)
    func `the next daemon brings it to its end, and makes nothing twice`(place: Place) async throws {
        try await RenderctlFixture.run { fixture in
            try await Self.startApply(killing: fixture.daemon, at: place, beside: fixture.fake)
            try await fixture.daemon.start()
            // Its lease must run out first; what was begun is settled then, and what was left is an apply of its own.
            try await Self.checkEnd(of: fixture, daemon: fixture.daemon)
        }
    }

    @Test(arguments: zip(Place.first, Place.second))
    func `a daemon that is killed while it takes an apply up leaves it to the next one`(first: Place, second: Place)
        async throws
    {
        try await RenderctlFixture.run { fixture in
            try await Self.startApply(killing: fixture.daemon, at: first, beside: fixture.fake)
            try await fixture.daemon.start()
            // The lease of the one before has not run out yet.
            let kills = Self.kill(fixture.daemon, at: second, beside: fixture.fake)
            try await eventually(within: .seconds(90)) {
                if kills.value == 1 { return true }
                // The taking-up may have fewer requests than that.
                let newest = try? await fixture.person.get("/render/applies").json["items"]?.array?.first
                return newest?["status"] == "succeeded"
            }
            fixture.fake.onRequest(nil)
            print("\(first.testDescription), then \(second.testDescription): killed \(1 + kills.value) times")
            if kills.value == 1 { try await fixture.daemon.start() }
            try await Self.checkEnd(of: fixture, daemon: fixture.daemon)
        }
    }

    @Test func `a daemon that lives takes up what another one leaves when it dies`() async throws {
        try await RenderctlFixture.run { fixture in
            let other = try await fixture.stack.start(
                .renderctl, name: "other",
                settings: [
                    "RENDER_API_BASE_URL": fixture.fake.baseURL, "RENDER_MONITOR_PERIOD_SECONDS": "3600",
                    "RENDER_API_TOKEN": fixture.fake.token.reveal(),
                ])
            let place = Place(kind: .write, number: 2, moment: .afterEffect)
            try await Self.startApply(killing: fixture.daemon, at: place, beside: fixture.fake)
            try await Self.checkEnd(of: fixture, daemon: other)
            let metrics = try await other.person.get("/metrics").text
            #expect(metrics.contains("render_applies_resumed_total 1\n"), "\(metrics)")
        }
    }

    /// Kills a daemon at a place of what it asks Render from now on, once; counts that it did.
    private static func kill(_ daemon: DaemonProcess, at place: Place, beside fake: FakeRender) -> Counter {
        let (seen, kills) = (Counter(), Counter())
        fake.onRequest { request, moment in
            // Reading who it is for is what readiness does as well.
            guard moment == place.moment, kills.value == 0, request.operation != "list-owners" else { return }
            guard (request.method == "GET") == (place.kind == .read) else { return }
            seen.add(1)
            guard seen.value == place.number else { return }
            try? await daemon.kill()
            kills.add(1)
        }
        return kills
    }

    private static func startApply(
        killing daemon: DaemonProcess, at place: Place, beside fake: FakeRender
    ) async throws {
        let kills = kill(daemon, at: place, beside: fake)
        // The daemon may be gone before it has answered.
        _ = try? await daemon.person.post("/render/blueprint/apply", body)
        try await eventually(within: .seconds(30)) { kills.value == 1 }
        fake.onRequest(nil)
    }

    /// Waits for the end of what was begun first and of all that succeeded it, and looks at what is there then.
    private static func checkEnd(of fixture: RenderctlFixture, daemon: DaemonProcess) async throws {
        let fake = fixture.fake
        let items: [JSONValue] = try await eventually(within: .seconds(120)) {
            let items = try await daemon.person.get("/render/applies").json["items"]?.array ?? []
            return items.first?["status"] == "succeeded" ? items : nil
        }
        for (index, apply) in items.enumerated().dropFirst() {
            #expect(apply["status"] == "abandoned", "\(items)")
            #expect(apply["succeeded_by"] == items[index - 1]["apply_id"], "\(items)")
        }
        #expect(fake.duplicates == [])
        #expect(fake.services.map(\.name).sorted() == ["api", "site"])
        fake.finishDeploys()
        #expect(fake.services.map { fake.deploys(of: $0.id).count }.max() ?? 0 <= 2)
        let second = try await daemon.person.post("/render/blueprint/plan", body)
        #expect(second.json["outcome"] == "clean", "\(second.json["text"] ?? .null)")
    }
}
