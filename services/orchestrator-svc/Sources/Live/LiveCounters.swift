// SPDX-License-Identifier: Apache-2.0

import Common

/// What the live part has done since the start.
struct LiveCounters: Sendable {
    let subscriptions = Gauge()
    let frames = Counter()
    let items = Counter()
    /// Reads of storage for subscribers that were behind.
    let catchUps = Counter()
    let resets = Counter()
    let refusals = Counter()

    func add(to metrics: Metrics) {
        metrics.gauge("live_subscriptions", "Live subscriptions.") { Double(subscriptions.value) }
        metrics.counter("live_frames_total", "Frames sent to live subscribers.") { frames.value }
        metrics.counter("live_items_total", "Updates and log frames sent to live subscribers.") { items.value }
        metrics.counter("live_catch_ups_total", "Reads of storage for live subscribers that were behind.") {
            catchUps.value
        }
        metrics.counter("live_resets_total", "Live subscribers that were told to reload.") { resets.value }
        metrics.counter("live_refusals_total", "Messages of live subscribers that were not obeyed.") { refusals.value }
    }
}
