// SPDX-License-Identifier: Apache-2.0

import Common
import Postgres
import Store
import TestKit
import Testing

@Suite struct DatabaseProblemTests {
    @Test func `a request that is called off while the database works for it is no failure of ours`() async throws {
        try await KernelFixture.with { kernel in
            let query = Task { try await kernel.pool.query("SELECT pg_sleep(60)") }
            try await kernel.withOwner { owner in
                try await eventually {
                    try await !owner.query(
                        "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
                    ).isEmpty
                }
            }
            query.cancel()
            let problem = await Self.problem { _ = try await query.value }
            #expect(problem?.code == "cancelled" && problem?.kind == .unavailable && problem?.cause == nil)
        }
    }

    @Test func `a database that ends our session is away, and a fault of ours is no excuse`() async throws {
        try await KernelFixture.with { kernel in
            let ended = await Self.problem {
                _ = try await kernel.withOwner { try await $0.query("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(ended?.code == "database_away" && ended?.retryAfter != nil)
            let fault = await Self.problem { _ = try await kernel.pool.query("SELECT 1 / 0") }
            #expect(fault == nil)
        }
    }

    /// What the error is answered by; nil for one that is not known, and for none.
    private static func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            Issue.record("expected an error")
            return nil
        } catch {
            return DatabaseProblem.of(error)
        }
    }
}
