// SPDX-License-Identifier: Apache-2.0

package import Common

extension RunEngine {
    /// Adds what an operator wants to know of an engine.
    package func addMetrics(to metrics: Metrics) {
        metrics.gauge("engine_runs_in_flight", "Runs that the engine carries out.") { Double(self.inFlight) }
        metrics.counter("engine_claims_total", "Claims that were answered.") { self.figures.claims }
        metrics.counter("engine_claims_failed_total", "Claims that were not answered.") { self.figures.claimsFailed }
        metrics.counter("engine_runs_claimed_total", "Runs that claims brought.") { self.figures.runsClaimed }
        metrics.counter("engine_beats_failed_total", "Beats, and openings of sessions, that were not answered.") {
            self.figures.beatsFailed
        }
        metrics.counter("engine_sessions_lost_total", "Sessions that expired or could not be trusted any longer.") {
            self.figures.sessionsLost
        }
    }
}
