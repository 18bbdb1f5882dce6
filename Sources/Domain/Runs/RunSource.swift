// SPDX-License-Identifier: Apache-2.0

package import Common

/// Where an engine gets its runs from and tells what became of them: the kernel in its own process, or an orchestrator
/// over HTTP. Adapters know nothing of agents' protocols; the engine knows neither queue nor database.
///
/// Errors of kind `.unavailable` and `.timeout` mean that nobody answered, and that the same call may succeed later; every
/// other error is an answer.
package protocol RunSource: Sendable {
    /// How long a claim may wait for work. Zero where `listen` reports all work, so that no claim needs to.
    var patience: Duration { get }

    /// Reports what the engine has not asked for, until the task is cancelled. `report` never waits. Called once.
    func listen(_ report: @escaping @Sendable (RunSourceReport) -> Void) async

    /// Lets the source hand runs over as they are made, without being asked. Called once, before `listen`.
    func attach(_ taker: any RunTaker)

    /// Opens a worker session, and sees to it that what `retired` sessions still hold is released.
    func openSession(
        in workspaceID: ID<Workspace>, replacing retired: [ID<WorkerSession>]
    ) async throws -> EngineSession

    /// Keeps a session alive for its lifetime from now. What it holds is listed where that costs nothing, and when
    /// `listing` asks for it.
    func beat(_ session: EngineSession, listing: Bool) async throws -> SessionBeat

    /// Says good-bye: whatever the sessions still hold is released at once.
    func endSessions(_ ids: [ID<WorkerSession>], in workspaceID: ID<Workspace>) async throws

    /// Takes up to `limit` ready runs of agents that an engine can call, by priority, waiting for the first for as long
    /// as `wait`. A claim that throws may have taken runs all the same.
    func claim(_ limit: Int, for session: EngineSession, waiting wait: Duration) async throws -> Claim

    /// Gives back runs of the session that a claim took whose answer never came.
    func release(_ leases: [Lease], of session: EngineSession) async throws

    /// The agent of that name; nil when there is none.
    func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> Agent?

    /// Notes that the agent is being called now.
    func start(_ assignment: Assignment) async throws

    /// Tells how an assignment ended. A stale lease changes nothing and is refused.
    func finish(_ assignment: Assignment, _ ending: RunEnding) async throws

    /// Learns that the engine has no more to do with an assignment, whatever became of it: a place of its agent may have
    /// become free.
    func landed(_ assignment: Assignment)
}

extension RunSource {
    /// For sources that are asked for every run.
    package func attach(_ taker: any RunTaker) {}
}

/// An engine as a source sees it that hands runs over as they are made. Nothing here waits.
package protocol RunTaker: Sendable {
    /// Keeps up to `limit` places free for runs of the workspace; nil when there are none, or when others wait for them. What
    /// is kept must be given to `take` or to `lose`.
    func reserve(_ limit: Int, in workspaceID: ID<Workspace>) -> ReservedPlaces?

    /// Carries out runs that were claimed for places; those that are left are free again.
    func take(_ runs: [Assignment], in places: ReservedPlaces)

    /// Frees places of a claim of which it is not known what it took.
    func lose(_ places: ReservedPlaces)
}

/// Places of an engine that are kept for a claim of its session.
package struct ReservedPlaces: Sendable, Equatable {
    package let session: EngineSession
    package let limit: Int

    package init(session: EngineSession, limit: Int) {
        self.session = session
        self.limit = limit
    }
}

/// What a source has to say unasked.
package enum RunSourceReport: Sendable, Equatable {
    /// The workspace is to be served.
    case workspace(ID<Workspace>)
    /// The workspace may have ready runs.
    case work(in: ID<Workspace>)
    /// Runs up to that epoch, of every epoch when it is nil, are to be let go of.
    case withdrawn(ID<Run>, upTo: Int?, Withdrawal)
    /// Withdrawals of the workspace may have been missed: only what the session holds is certain.
    case missed(in: ID<Workspace>)
}

/// Why a run under way is to be let go of.
package enum Withdrawal: Sendable {
    /// The task was cancelled, or finished by hand: nobody waits for the answer.
    case taskEnded
    /// The lease is over: the run belongs to somebody else.
    case leaseLost
    /// The daemon is stopping.
    case shutdown
}

/// A worker session under which an engine claims the runs of one workspace.
package struct EngineSession: Sendable, Equatable {
    package let id: ID<WorkerSession>
    package let workspaceID: ID<Workspace>
    /// How long it lives without a beat.
    package let lifetime: Duration
    /// How often it is to beat.
    package let beat: Duration

    package init(id: ID<WorkerSession>, workspaceID: ID<Workspace>, lifetime: Duration, beat: Duration) {
        self.id = id
        self.workspaceID = workspaceID
        self.lifetime = lifetime
        self.beat = beat
    }
}

/// The answer to a beat.
package enum SessionBeat: Sendable, Equatable {
    /// The session lives; `held` is all that it holds, nil when it was not looked up.
    case alive(held: [Lease]?)
    /// The session is over, and everything that it held belongs to others.
    case expired
}

/// The answer to a claim.
package struct Claim: Sendable, Equatable {
    package let runs: [Assignment]
    /// Whether another claim may find more at once.
    package let mayHaveMore: Bool

    package init(runs: [Assignment], mayHaveMore: Bool) {
        self.runs = runs
        self.mayHaveMore = mayHaveMore
    }
}
