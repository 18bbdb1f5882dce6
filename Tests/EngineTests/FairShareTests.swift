// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import Testing

@Suite struct FairShareTests {
    private let start = ContinuousClock.now

    /// A share in which all of the parties are hungry.
    private func share(places: Int, _ parties: [String], probes: Bool = false) -> FairShare<String> {
        var share = FairShare<String>(places: places, probes: probes)
        for party in parties {
            share.join(party, at: start)
            share.want(party)
        }
        return share
    }

    @Test func `one hungry party gets everything`() {
        var share = share(places: 64, ["a"])
        let grant = share.next(at: start)
        #expect(grant?.party == "a" && grant?.limit == 64)
        let next1 = share.next(at: start)
        #expect(next1 == nil)
    }

    @Test func `runs that come by themselves take the places that are free`() {
        var share = FairShare<String>(places: 9, probes: false)
        share.join("a", at: start)
        let (some, taken) = (share.reserve(5, for: "a"), share.reserve(10, for: "a"))
        #expect(some == 5 && taken == 4 && share.free == 0)
        share.giveBack(4)
        let (more, stranger) = (share.reserve(1, for: "a"), share.reserve(1, for: "b"))
        #expect(more == 1 && stranger == 0)
    }

    @Test func `nothing is kept for one party while another waits`() {
        var share = share(places: 8, ["a", "b"])
        let kept = share.reserve(2, for: "a")
        #expect(kept == 0 && share.free == 8)
    }

    @Test func `hungry parties get equal shares, and nobody gets what is not there`() {
        var share = share(places: 10, ["a", "b", "c", "d"])
        var grants: [FairShare<String>.Grant] = []
        while let grant = share.next(at: start) { grants.append(grant) }
        #expect(grants.map(\.party) == ["a", "b", "c", "d"])
        #expect(grants.map(\.limit) == [3, 3, 2, 2])
        #expect(share.free == 0)
    }

    @Test func `places come up one at a time, and go round`() {
        var share = share(places: 1, ["a", "b", "c"])
        var order: [String] = []
        for _ in 0..<9 {
            guard let grant = share.next(at: start) else { break }
            order.append(grant.party)
            share.settle(grant, taken: 1, mayHaveMore: true, at: start)
            let next2 = share.next(at: start)
            #expect(next2 == nil)
            share.giveBack(1)
        }
        #expect(order == ["a", "b", "c", "a", "b", "c", "a", "b", "c"])
    }

    @Test(arguments: [1, 4, 64]) func `a million ready runs do not starve three`(places: Int) {
        var share = share(places: places, ["big", "small"])
        var left = ["big": 1_000_000, "small": 3]
        var taken = ["big": 0, "small": 0]
        while left["small", default: 0] > 0 {
            var running = 0
            while let grant = share.next(at: start) {
                let runs = min(grant.limit, left[grant.party, default: 0])
                left[grant.party, default: 0] -= runs
                taken[grant.party, default: 0] += runs
                running += runs
                share.settle(grant, taken: runs, mayHaveMore: left[grant.party, default: 0] > 0, at: start)
            }
            share.giveBack(running)
        }
        #expect(taken["small"] == 3)
        #expect(taken["big", default: 0] <= 3 + places)
    }

    @Test func `what a party does not take goes to the others`() throws {
        var share = share(places: 8, ["a", "b"])
        let first = try share.grant(at: start)
        let second = try share.grant(at: start)
        share.settle(first, taken: 4, mayHaveMore: true, at: start)
        share.settle(second, taken: 1, mayHaveMore: false, at: start)
        let third = try share.grant(at: start)
        #expect(third.party == "a" && third.limit == 3)
    }

    @Test func `hunger that comes during a claim is not forgotten`() throws {
        var share = share(places: 2, ["a"])
        let grant = try share.grant(at: start)
        share.want("a")
        share.settle(grant, taken: 0, mayHaveMore: false, at: start)
        let next3 = share.next(at: start)
        #expect(next3?.party == "a")
    }

    @Test func `a party that left is served no more, and its places come back`() throws {
        var share = share(places: 2, ["a", "b"])
        let grant = try share.grant(at: start)
        #expect(grant.party == "a")
        share.leave("a")
        share.settle(grant, taken: 1, mayHaveMore: true, at: start)
        #expect(share.free == 1)
        share.giveBack(1)
        let next4 = share.next(at: start)
        #expect(next4?.party == "b")
        let next5 = share.next(at: start)
        #expect(next5 == nil)
    }

    @Test func `without wakes everybody is asked by a claim that waits, and half stays free`() throws {
        var share = FairShare<String>(places: 64, probes: true)
        for party in ["a", "b"] { share.join(party, at: start) }
        let first = try share.grant(at: start)
        let second = try share.grant(at: start)
        #expect(first.waits && second.waits)
        #expect(Set([first.party, second.party]) == ["a", "b"])
        #expect(share.free >= 32)
        let next6 = share.next(at: start)
        #expect(next6 == nil)
    }

    @Test func `a party that found much goes on while others wait`() throws {
        var share = FairShare<String>(places: 64, probes: true)
        for party in ["a", "b"] { share.join(party, at: start) }
        let first = try share.grant(at: start)
        _ = try share.grant(at: start)
        share.settle(first, taken: first.limit, mayHaveMore: true, at: start)
        let more = try share.grant(at: start)
        #expect(more.party == first.party && !more.waits && more.limit >= 32)
    }

    @Test func `while somebody is hungry the others are asked now and again, without waiting`() throws {
        var share = FairShare<String>(places: 1, probes: true, probePause: .seconds(1))
        share.join("big", at: start)
        share.want("big")
        share.join("small", at: start)
        var asked: [String: Int] = [:]
        for tick in 0..<1000 {
            let now = start + .milliseconds(10 * tick)
            while let grant = share.next(at: now) {
                #expect(!grant.waits)
                asked[grant.party, default: 0] += 1
                let isBig = grant.party == "big"
                share.settle(grant, taken: isBig ? 1 : 0, mayHaveMore: isBig, at: now)
            }
            share.giveBack(1)
        }
        // Ten seconds at one place: the hungry party works all the time, the other is asked each second.
        #expect(asked["big", default: 0] >= 980)
        #expect((9...11).contains(asked["small", default: 0]))
    }
}

extension FairShare where Party == String {
    /// The next grant, which there must be.
    fileprivate mutating func grant(at now: ContinuousClock.Instant) throws -> Grant {
        let grant = next(at: now)
        return try #require(grant)
    }
}
