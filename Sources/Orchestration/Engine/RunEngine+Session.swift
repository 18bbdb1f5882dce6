// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging
import Postgres
import Store

extension RunEngine {
    /// Opens the worker session and keeps it alive until cancelled.
    func keepSession() async {
        let clock = ContinuousClock()
        var lastBeat = clock.now
        var isOpen = false
        while !Task.isCancelled {
            let start = clock.now
            do {
                if isOpen, try await !beat() {
                    logger.error("the worker session expired; its runs are let go of")
                    giveUpSession()
                    isOpen = false
                }
                if !isOpen {
                    try await openSession()
                    isOpen = true
                }
                lastBeat = start
                if !flights.mayClaim {
                    flights.mayClaim = true
                    wakeAll()
                }
                if sessions.mayHaveStrays { try await giveBackStrays() }
            } catch {
                logger.warning("cannot beat", error: error)
                // Our clock may only shorten the trust: from here on the database may have given the runs away.
                if isOpen, clock.now - lastBeat > settings.lifetime - settings.beat {
                    giveUpSession()
                    isOpen = false
                }
            }
            guard (try? await Task.sleep(for: settings.beat)) != nil else { return }
        }
    }

    private func giveUpSession() {
        flights.mayClaim = false
        flights.withdrawAll(.leaseLost)
        sessions.renew()
    }

    private func openSession() async throws {
        let retired = sessions.retired
        var batch = StatementBatch()
        batch.add(
            LeaseStore.openSession(
                sessions.current, in: workspaceID, worker: actor.name, lifetime: settings.lifetime))
        if !retired.isEmpty { batch.add(LeaseStore.endSessions(retired, in: workspaceID)) }
        let statements = batch
        _ = try await pool.withConnection { try await statements.run(on: $0) }
        sessions.forget(retired)
        logger.info("worker session opened", metadata: ["worker_session_id": "\(sessions.current)"])
    }

    /// A beat may be lost in a crash, so its commit need not wait for the disk.
    private func beat() async throws -> Bool {
        var batch = StatementBatch()
        batch.add("BEGIN")
        batch.add("SET LOCAL synchronous_commit = off")
        let alive = batch.add(LeaseStore.beat([sessions.current], in: workspaceID, lifetime: settings.lifetime))
        batch.add("COMMIT")
        let statements = batch
        let results = try await pool.withConnection { try await statements.run(on: $0) }
        return try !results(alive).isEmpty
    }

    /// Gives back what a claim took whose answer never came.
    private func giveBackStrays() async throws {
        let statement = LeaseStore.held(by: sessions.current, in: workspaceID)
        let held = try statement.decode(try await pool.query(statement.sql))
        let strays = sessions.strays(among: held.map(\.lease.runID), inFlight: Set(flights.runs))
        for stray in held where strays.contains(stray.lease.runID) {
            _ = try await commit.submit(
                FinishRun(
                    workspaceID: workspaceID, roomID: stray.roomID, taskID: stray.taskID, holder: .engine(stray.lease),
                    ending: .released(reason: "stray"), actor: actor))
        }
    }

    /// Says good-bye, so that whatever is still held is released at once.
    func endSession() async {
        flights.mayClaim = false
        _ = try? await pool.query(LeaseStore.endSessions([sessions.current] + sessions.retired, in: workspaceID))
    }
}
