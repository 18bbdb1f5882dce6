// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct ULIDTests {
    private enum Thing: Identified { static let idPrefix = "thing" }

    @Test func `identifiers ascend strictly, also from many tasks`() async {
        var last = ""
        for _ in 0..<10_000 {
            let next = ULID.make().text
            #expect(next > last)
            last = next
        }
        let all = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { (0..<500).map { _ in ULID.make().text } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 4000)
    }

    @Test func `text sorts as time does`() {
        let early = ULID.make(at: .now() + .milliseconds(20)).text
        let late = ULID.make(at: .now() + .milliseconds(40)).text
        #expect(early < late)
        // A clock that steps back does not make an identifier that sorts before an earlier one.
        #expect(ULID.make().text > late)
    }

    @Test func `the halves are written in Crockford's alphabet`() {
        #expect(ULID(high: 0, low: 0).text == String(repeating: "0", count: 26))
        #expect(ULID(high: .max, low: .max).text == "7" + String(repeating: "Z", count: 25))
        #expect(ULID(high: 0, low: 33).text == String(repeating: "0", count: 24) + "11")
    }

    @Test func `an identifier is read only in its own form`() {
        let id = ID<Thing>.make()
        #expect(id.rawValue.hasPrefix("thing_"))
        #expect(ID<Thing>(id.rawValue) == id)
        let ulid = String(id.rawValue.dropFirst(6))
        for text in [
            "", ulid, "task_" + ulid, "thing_", "thing_" + ulid.lowercased(), "thing_" + ulid + "0",
            "thing_8" + ulid.dropFirst(), "thing_U" + ulid.dropFirst(),
        ] {
            #expect(ID<Thing>(text) == nil)
        }
        #expect(ID<Thing>.make() > id)
    }
}
