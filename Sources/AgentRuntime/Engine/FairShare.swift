// SPDX-License-Identifier: Apache-2.0

/// Hands the free places of an engine to the parties that have work for them: in turn, with equal weights.
///
/// Pure; whoever holds it says what happens and what time it is. A party is given at most its share of what is free, so
/// that one with a million ready runs and one with three get on equally fast.
///
/// Where work is not announced (`probes`), a party that is not known to have any is asked all the same: by a claim that
/// waits for work while nobody is hungry, and now and again by one that does not while somebody is, since a waiting
/// claim keeps its places from the others.
package struct FairShare<Party: Hashable & Sendable>: Sendable {
    /// Leave to make one claim.
    package struct Grant: Sendable, Equatable {
        package let party: Party
        /// Places kept for the claim until it is settled.
        package let limit: Int
        /// Whether the claim is to wait for work.
        package let waits: Bool
    }

    private struct Seat {
        var isHungry = false
        var isClaiming = false
        /// Hunger that came while a claim was under way, which may have looked too early.
        var isHungryAgain = false
        var nextProbe: ContinuousClock.Instant
    }

    private let probes: Bool
    private let probePause: Duration
    private var seats: [Party: Seat] = [:]
    /// Whoever was served longest ago comes first.
    private var ring: [Party] = []

    /// Places that waiting claims keep.
    private var waiting = 0

    /// Places that are neither taken nor kept for a claim.
    package private(set) var free: Int

    /// `probePause` is how long a party is left alone after a probe that found nothing, while others are hungry.
    package init(places: Int, probes: Bool, probePause: Duration = .milliseconds(250)) {
        free = places
        self.probes = probes
        self.probePause = probePause
    }

    /// Lets a party take part from now on.
    package mutating func join(_ party: Party, at now: ContinuousClock.Instant) {
        guard seats[party] == nil else { return }
        seats[party] = Seat(nextProbe: now)
        ring.append(party)
    }

    /// Lets a party take no more part. A claim of its that is under way is still to be settled.
    package mutating func leave(_ party: Party) {
        seats[party] = nil
        ring.removeAll { $0 == party }
    }

    /// Learns that a party may have ready runs.
    package mutating func want(_ party: Party) {
        guard let seat = seats[party] else { return }
        if seat.isClaiming { seats[party]?.isHungryAgain = true } else { seats[party]?.isHungry = true }
    }

    /// The next claim to be made; nil when none can or need be.
    package mutating func next(at now: ContinuousClock.Instant) -> Grant? {
        guard free > 0 else { return nil }
        let isContended = seats.values.contains { $0.isHungry }
        let candidates = ring.filter { party in
            guard let seat = seats[party], !seat.isClaiming else { return false }
            return seat.isHungry || probes && (!isContended || seat.nextProbe <= now)
        }
        guard let party = candidates.first else { return nil }
        // Half of what nobody works at is not tied up in claims that wait: it is there at once for who finds much.
        let open = isContended ? free : max(1, (free + waiting) / 2 - waiting)
        let limit = (open + candidates.count - 1) / candidates.count
        free -= limit
        if !isContended { waiting += limit }
        seats[party]?.isClaiming = true
        ring.removeAll { $0 == party }
        ring.append(party)
        return Grant(party: party, limit: limit, waits: !isContended)
    }

    /// Takes up to `limit` places for runs of a party that came by themselves; none while another party waits for places.
    package mutating func reserve(_ limit: Int, for party: Party) -> Int {
        guard seats[party] != nil, !seats.contains(where: { $0.key != party && $0.value.isHungry }) else { return 0 }
        let taken = min(limit, free)
        free -= taken
        return taken
    }

    /// Ends a claim that took `taken` places, which stay taken until they are given back.
    package mutating func settle(
        _ grant: Grant, taken: Int, mayHaveMore: Bool, at now: ContinuousClock.Instant
    ) {
        free += grant.limit - taken
        if grant.waits { waiting -= grant.limit }
        guard let seat = seats[grant.party], seat.isClaiming else { return }
        seats[grant.party]?.isClaiming = false
        seats[grant.party]?.isHungry = mayHaveMore || seat.isHungryAgain
        seats[grant.party]?.isHungryAgain = false
        seats[grant.party]?.nextProbe = now + probePause
    }

    /// Gives taken places back.
    package mutating func giveBack(_ places: Int) { free += places }
}
