// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Logging

extension RunEngine {
    /// Opens a workspace's worker session and keeps it alive until cancelled.
    func keepSession(of desk: WorkspaceDesk) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepBeating(desk) }
            group.addTask { await self.watchTrust(desk) }
        }
    }

    private func keepBeating(_ desk: WorkspaceDesk) async {
        var pause = Duration.zero
        while (try? await Task.sleep(for: pause)) != nil {
            let start = ContinuousClock.now
            do {
                if let session = desk.session {
                    try await beat(session, desk)
                } else {
                    let retired = desk.retired
                    let session = try await source.openSession(in: desk.workspaceID, replacing: retired)
                    desk.begin(session, askedAt: start, forgetting: retired)
                    turns.join(desk.workspaceID)
                    logger.info(
                        "worker session opened",
                        metadata: [
                            "worker_session_id": "\(session.id)", "workspace_id": "\(desk.workspaceID)",
                        ])
                }
                // A session that was just found to be over is replaced at once.
                pause = desk.session?.beat ?? .zero
            } catch is CancellationError {
                return
            } catch {
                desk.beatFailed()
                count { $0.beatsFailed += 1 }
                logger.warning("cannot beat", error: error, metadata: ["workspace_id": "\(desk.workspaceID)"])
                pause = settings.pause
            }
        }
    }

    private func beat(_ session: EngineSession, _ desk: WorkspaceDesk) async throws {
        let start = ContinuousClock.now
        // Only what was under way before the question can be missing from the answer.
        let known = flights.leases(of: session.id)
        switch try await source.beat(session, listing: desk.wantsList) {
        case .expired: giveUp(session, desk, "The worker session expired; its runs are let go of.")
        case .alive(let held):
            guard desk.trust(session, askedAt: start), let held else { return }
            let kept = Set(held)
            for lease in known where !kept.contains(lease) { flights.withdraw(lease, .leaseLost) }
            let strays = desk.strays(among: held, inFlight: flights.leases(of: session.id))
            guard !strays.isEmpty else { return }
            logger.warning("giving back runs of a lost claim", metadata: ["runs": "\(strays.count)"])
            try await source.release(strays, of: session)
        }
    }

    /// Lets go when nobody has answered for so long that the runs may have been given to others. Beside the beats, which
    /// may hang.
    private func watchTrust(_ desk: WorkspaceDesk) async {
        while !Task.isCancelled {
            let next: ContinuousClock.Instant
            if let (session, until) = desk.trust {
                if until <= .now {
                    giveUp(session, desk, "No beat was answered; the runs are let go of.")
                    continue
                }
                next = until
            } else {
                next = .now + settings.pause
            }
            guard (try? await Task.sleep(until: next, clock: .continuous)) != nil else { return }
        }
    }

    private func giveUp(_ session: EngineSession, _ desk: WorkspaceDesk, _ why: Logger.Message) {
        guard desk.giveUp(session) else { return }
        logger.error(
            why, metadata: ["worker_session_id": "\(session.id)", "workspace_id": "\(desk.workspaceID)"])
        count { $0.sessionsLost += 1 }
        turns.leave(desk.workspaceID)
        for lease in flights.leases(of: session.id) { flights.withdraw(lease, .leaseLost) }
    }

    /// Says good-bye, so that whatever is still held is released at once.
    func endSessions() async {
        await withDiscardingTaskGroup { group in
            for desk in allDesks {
                let ids = [desk.session?.id].compactMap(\.self) + desk.retired
                guard !ids.isEmpty else { continue }
                group.addTask { try? await self.source.endSessions(ids, in: desk.workspaceID) }
            }
        }
    }
}
