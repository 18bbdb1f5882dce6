// SPDX-License-Identifier: Apache-2.0

import TestKit

/// A kind of fault that chaos knows.
enum ChaosFaultKind: String, Sendable, CaseIterable {
    case killed, paused, frozen
    case workerKilled = "worker killed"
    case databaseCrashed = "Postgres crashed"
    case sessionsEnded = "sessions ended"
    case slotsTaken = "connection slots taken"
    case roleLimited = "role limited"
    case diskFull = "disk full"
    case clockJumped = "clock jumped"
    case linkSlow = "link slow"
    case linkLossy = "link lossy"
    case linkDown = "link down"
    case linkCut = "link cut"
    case badRequests = "poisoned requests"
    case oversizedRequests = "oversized requests"
    case slowClients = "slow clients"

    /// For how many seconds it lasts. A worker session lives fifteen seconds: some faults are well below, some above.
    var seconds: ClosedRange<Double> {
        switch self {
        case .killed, .workerKilled: 0...0
        case .paused, .linkDown: 1...6
        case .frozen, .linkCut: 18...22
        case .databaseCrashed: 0.2...4
        case .sessionsEnded, .slotsTaken, .roleLimited, .diskFull: 3...8
        case .badRequests, .oversizedRequests: 2...5
        case .clockJumped, .linkSlow, .linkLossy, .slowClients: 5...14
        }
    }

    /// What one fault at a time may happen to.
    func place(of target: String) -> String {
        switch self {
        case .killed, .paused, .frozen: target
        case .workerKilled: "workers"
        case .databaseCrashed, .sessionsEnded, .slotsTaken, .roleLimited, .diskFull: "database"
        case .clockJumped: "clock of \(target)"
        case .linkSlow, .linkLossy, .linkDown, .linkCut: "link of \(target)"
        case .badRequests, .oversizedRequests, .slowClients: rawValue
        }
    }
}

/// What goes wrong when, where and for how long: the same for the same seed, length and choice.
struct ChaosSchedule: Sendable, Equatable {
    /// A kind of fault with what it may happen to.
    struct Choice: Sendable {
        let kind: ChaosFaultKind
        let targets: [String]
    }

    struct Entry: Sendable, Equatable {
        let kind: ChaosFaultKind
        let target: String
        /// Seconds from the beginning.
        let begin: Double
        let end: Double
        /// Between 0 and 1, for whatever of the fault is more or less.
        let strength: Double

        var place: String { kind.place(of: target) }
    }

    /// Seconds before the first fault, for the load to get under way.
    private static let calm = 4.0
    /// Seconds from one fault to the next.
    private static let gaps = 1.5...4.5
    /// Seconds after a fault in which nothing else happens to the same thing, so that it is seen to recover.
    private static let rest = 4.0

    let seed: UInt64
    /// In the order of their beginnings.
    let entries: [Entry]

    /// Every kind that may happen comes once, in an order of its own, before any comes again.
    init(seed: UInt64, seconds: Double, choices: [Choice]) {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        var entries: [Entry] = []
        var deck: [Choice] = []
        var free: [String: Double] = [:]
        var time = Self.calm
        while time < seconds, !choices.isEmpty {
            if deck.count < choices.count { deck += choices.shuffled(using: &random) }
            for index in deck.indices {
                let kind = deck[index].kind
                let target = deck[index].targets.randomElement(using: &random) ?? ""
                let end = time + Double.random(in: kind.seconds, using: &random)
                let strength = Double.random(in: 0...1, using: &random)
                guard end <= seconds, free[kind.place(of: target), default: 0] <= time else { continue }
                entries.append(Entry(kind: kind, target: target, begin: time, end: end, strength: strength))
                free[kind.place(of: target)] = end + Self.rest
                deck.remove(at: index)
                break
            }
            time += Double.random(in: Self.gaps, using: &random)
        }
        self.entries = entries
    }

    /// The faults of each place, which happen one after the other.
    var lines: [[Entry]] {
        Dictionary(grouping: entries, by: \.place).sorted { $0.key < $1.key }.map(\.value)
    }
}
