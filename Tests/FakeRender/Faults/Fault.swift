// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// Something that goes wrong with certain requests.
package struct Fault: Sendable {
    /// What goes wrong.
    package enum Effect: Sendable, Equatable {
        /// The answer comes late.
        case delay(Duration)
        /// Nothing is done, and this is answered.
        case answer(status: Int, retryAfter: Int? = nil)
        /// Nothing is done, and what is answered is no JSON.
        case garbage(status: Int)
        /// Nothing is done, and the connection ends.
        case loseBeforeEffect
        /// It is done, and the connection ends before the answer.
        case loseAfterEffect
    }

    /// Which requests.
    package enum Match: Sendable, Equatable {
        case any
        /// Those that change something.
        case writes
        case reads
        /// By the document's name for it, such as `create-service`.
        case operation(String)
        /// By the document's words, such as `POST` and `/services/{serviceId}/deploys`.
        case route(method: String, path: String)
    }

    /// How often.
    package enum Frequency: Sendable, Equatable {
        case always
        /// That many times, after `skipping` requests that go well.
        case times(Int, skipping: Int = 0)
        /// With that probability, by a generator of its own: the same requests in the same order fail again.
        case random(probability: Double, seed: UInt64)
    }

    package var effects: [Effect]
    package var match: Match
    package var frequency: Frequency

    package init(_ effect: Effect, on match: Match = .any, _ frequency: Frequency = .times(1)) {
        effects = [effect]
        self.match = match
        self.frequency = frequency
    }

    /// One of several faults, chosen by the same generator.
    package static func random(
        seed: UInt64, probability: Double, on match: Match = .any,
        _ effects: [Effect] = [.answer(status: 500), .answer(status: 503), .loseBeforeEffect, .loseAfterEffect]
    ) -> Fault {
        var fault = Fault(effects.first ?? .loseBeforeEffect, on: match, .random(probability: probability, seed: seed))
        if !effects.isEmpty { fault.effects = effects }
        return fault
    }
}

extension Fault.Match {
    func matches(_ operation: Operation) -> Bool {
        switch self {
        case .any: true
        case .writes: operation.method != .GET
        case .reads: operation.method == .GET
        case .operation(let id): operation.id == id
        case .route(let method, let path): operation.method.rawValue == method && operation.pattern == path
        }
    }
}
