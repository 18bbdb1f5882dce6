// SPDX-License-Identifier: Apache-2.0

import Common
import RenderPlans
import Synchronization

/// Plans that this process has made, with the secrets in them, for as long as somebody may want to apply them as they are.
///
/// In memory only: what people entered and what is live is not written down. A plan that is not here any more is made anew
/// from its blueprint, and is the same one when nothing has moved.
final class PlanMemory: Sendable {
    /// A plan with what it takes to carry it out.
    struct Entry: Sendable {
        let plan: Plan
        let request: PlanRequest
        fileprivate let at: ContinuousClock.Instant
    }

    private let entries = Mutex<[String: Entry]>([:])
    private static let life = Duration.seconds(1800)
    private static let most = 50

    func keep(_ plan: Plan, _ request: PlanRequest) {
        let now = ContinuousClock.now
        entries.withLock { entries in
            entries = entries.filter { now - $0.value.at < Self.life }
            if entries.count >= Self.most, let oldest = entries.min(by: { $0.value.at < $1.value.at })?.key {
                entries[oldest] = nil
            }
            entries[plan.id] = Entry(plan: plan, request: request, at: now)
        }
    }

    func entry(_ id: String) -> Entry? {
        let now = ContinuousClock.now
        return entries.withLock { entries in
            guard let entry = entries[id], now - entry.at < Self.life else { return nil }
            return entry
        }
    }
}
