// SPDX-License-Identifier: Apache-2.0

/// How a plan is carried out.
package struct ApplyOptions: Sendable {
    /// Whether resources are deleted that are ours and not in the file any more.
    package var prune: Bool
    /// How many may be deleted in one apply; more are refused before anything is written. Nil leaves it to the plan, which
    /// blocks what is more than was expected.
    package var pruneLimit: Int?
    /// How long to wait for the deploys to be live; nil ends the apply once they are started.
    package var waitForDeploys: Duration?
    /// How many resources of one layer are worked on at the same time.
    package var concurrency: Int

    package init(
        prune: Bool = false, pruneLimit: Int? = nil, waitForDeploys: Duration? = nil, concurrency: Int = 4
    ) {
        self.prune = prune
        self.pruneLimit = pruneLimit
        self.waitForDeploys = waitForDeploys
        self.concurrency = max(1, concurrency)
    }
}

/// What is left to do of an apply that was killed.
package enum Remainder: Sendable {
    /// By what is live now; it may have nothing to do.
    case plan(Plan)
    /// It is not to be gone on with: why, without secrets.
    case refused(why: String)
}

/// The clocks of an apply and how patient it is.
package struct ApplyTiming: Sendable {
    /// Pauses between looks at Render.
    package var clock: any Clock<Duration>
    /// Pauses between renewals of locks.
    package var renewalClock: any Clock<Duration>
    /// Locks are renewed this often; a lease must be longer than two of these.
    package var renewEvery: Duration
    /// The pauses before a value that reads back different is read again.
    package var readBack: [Duration]
    /// The pauses before what may have been created is looked for again, until it is taken for not created.
    package var settle: [Duration]
    /// The pauses before a service's lock is asked for again while somebody else has it.
    package var lock: [Duration]
    package var deployPoll: Duration

    package init(
        clock: any Clock<Duration> = ContinuousClock(), renewalClock: any Clock<Duration> = ContinuousClock(),
        renewEvery: Duration = .seconds(10),
        readBack: [Duration] = [.milliseconds(250), .seconds(1), .seconds(2), .seconds(4)],
        settle: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)],
        lock: [Duration] = [.seconds(2), .seconds(5), .seconds(10), .seconds(20), .seconds(30)],
        deployPoll: Duration = .seconds(5)
    ) {
        self.clock = clock
        self.renewalClock = renewalClock
        self.renewEvery = renewEvery
        self.readBack = readBack
        self.settle = settle
        self.lock = lock
        self.deployPoll = deployPoll
    }
}

/// What an apply shares with the compiler of plans, so that both see Render in the same way.
package struct LiveView: Sendable {
    /// What is live now, as far as the blueprint is concerned: reads everything anew.
    package let snapshot: @Sendable () async throws -> Snapshot
    /// What turns the blueprint's references into values by what is live.
    package let resolver: @Sendable (Snapshot) -> Resolver
    package let fingerprints: Fingerprinter

    package init(
        snapshot: @escaping @Sendable () async throws -> Snapshot,
        resolver: @escaping @Sendable (Snapshot) -> Resolver, fingerprints: Fingerprinter
    ) {
        self.snapshot = snapshot
        self.resolver = resolver
        self.fingerprints = fingerprints
    }
}
