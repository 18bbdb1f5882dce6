// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

/// kill -9 at each call of an apply that changes something: before it has its effect, and after it, when nobody was told.
@Suite struct ApplyKillTests {
    /// What an apply of the blueprint asks Render to change, undisturbed.
    private static let writes = 5

    @Test func `an undisturbed apply makes the calls that the others are killed at`() async throws {
        try await RenderctlFixture.run { fixture in
            let count = Counter()
            fixture.fake.onRequest { request, moment in
                if request.method != "GET", moment == .beforeEffect { count.add(1) }
            }
            let body: JSONValue = ["blueprint": .string(BlueprintRouteTests.blueprint)]
            let started = try await fixture.person.post("/render/blueprint/apply", body)
            let apply = try await fixture.apply(try #require(started.json["apply"]?["apply_id"]?.string))
            #expect(apply["status"] == "succeeded")
            #expect(count.value == Self.writes)
        }
    }

    @Test(arguments: 1...writes, [FakeMoment.beforeEffect, .afterEffect])
    func `the next daemon brings it to its end, and makes nothing twice`(call: Int, at moment: FakeMoment)
        async throws
    {
        try await RenderctlFixture.run { fixture in
            let (daemon, fake) = (fixture.daemon, fixture.fake)
            let (seen, kills) = (Counter(), Counter())
            fake.onRequest { request, now in
                guard request.method != "GET", now == moment, kills.value == 0 else { return }
                seen.add(1)
                guard seen.value == call else { return }
                try? await daemon.kill()
                kills.add(1)
            }
            let body: JSONValue = ["blueprint": .string(BlueprintRouteTests.blueprint)]
            // The daemon may be gone before it has answered.
            _ = try? await fixture.person.post("/render/blueprint/apply", body)
            try await eventually(within: .seconds(30)) { kills.value == 1 }
            fake.onRequest(nil)
            try await daemon.start()
            // Its lease must run out first; what was begun is settled then, and what was left is an apply of its own.
            try await eventually(within: .seconds(120)) {
                let newest = try await fixture.person.get("/render/applies").json["items"]?.array?.first
                return newest?["status"] == "succeeded"
                    || newest?["message"]?.string?.contains("Nothing of it was left to do") == true
            }
            #expect(fake.duplicates == [])
            #expect(fake.services.map(\.name).sorted() == ["api", "site"])
            fake.finishDeploys()
            let second = try await fixture.person.post("/render/blueprint/plan", body)
            #expect(second.json["outcome"] == "clean", "\(second.json["text"] ?? .null)")
        }
    }
}
