// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Orchestration
import Synchronization
import TestKit
import Testing

/// A channel in memory, which a test feeds and may break.
private final class ScriptedWakes: WakeChannel {
    private let signals = AsyncStream<WakeSignal>.makeStream()
    private let log = Mutex<(sent: [[EventWake]], isBroken: Bool)>(([], false))

    var sent: [[EventWake]] { log.withLock { $0.sent } }

    func send(_ wakes: [EventWake]) async throws {
        let isBroken = log.withLock { log in
            if !log.isBroken { log.sent.append(wakes) }
            return log.isBroken
        }
        if isBroken { throw Problem(.unavailable, "The channel is broken.") }
    }

    func receive(_ handle: (WakeSignal) async -> Void) async {
        for await signal in signals.stream { await handle(signal) }
    }

    func arrive(_ signal: WakeSignal) { signals.continuation.yield(signal) }
    func stop() { signals.continuation.finish() }
    func setBroken(_ isBroken: Bool) { log.withLock { $0.isBroken = isBroken } }
}

@Suite struct WakeTests {
    /// A second daemon's hub, fed by a tailer over `channel`, that has seen nothing of the first's log.
    private func following(
        _ kernel: KernelFixture, _ body: @escaping @Sendable (EventHub, EventTailer, ScriptedWakes) async throws -> Void
    ) async throws {
        let (hub, channel) = (EventHub(), ScriptedWakes())
        let tailer = EventTailer(hub: hub, pool: kernel.pool, wakes: channel, logger: KernelFixture.logger) { _ in }
        hub.open(KernelFixture.workspace, at: 0)
        try await withThrowingTaskGroup { group in
            group.addTask { try await tailer.run() }
            defer { group.cancelAll() }
            try await body(hub, tailer, channel)
        }
    }

    @Test func `a wake brings what it announced, and one that says nothing new is not counted as a find`() async throws
    {
        try await KernelFixture.with { kernel in
            let end = Int64(try await kernel.events().count)
            try await following(kernel) { hub, tailer, channel in
                let wake = EventWake(workspaceID: KernelFixture.workspace, position: end)
                channel.arrive(.wake(wake))
                try await eventually { hub.lastPosition(of: KernelFixture.workspace) == end }
                channel.arrive(.wake(wake))
                try await eventually { tailer.found.received == 2 }
                tailer.notice(KernelFixture.workspace, at: end)
                #expect(tailer.found.wakeFinds == 1)
                #expect(tailer.found.backstopFinds == 0)
            }
        }
    }

    @Test func `after a gap the heads are read, and a channel that ends leaves the pulse at work`() async throws {
        try await KernelFixture.with { kernel in
            let end = Int64(try await kernel.events().count)
            try await following(kernel) { hub, tailer, channel in
                channel.arrive(.gap)
                try await eventually { hub.lastPosition(of: KernelFixture.workspace) == end }
                channel.stop()
                try await kernel.create()
                tailer.notice(KernelFixture.workspace, at: end + 1)
                try await eventually { hub.lastPosition(of: KernelFixture.workspace) == end + 1 }
                #expect(tailer.found.received == 0)
            }
        }
    }

    @Test func `a false wake is looked for once and forgotten`() async throws {
        try await KernelFixture.with { kernel in
            let end = Int64(try await kernel.events().count)
            try await following(kernel) { hub, tailer, channel in
                channel.arrive(.wake(EventWake(workspaceID: KernelFixture.workspace, position: .max)))
                try await eventually { hub.lastPosition(of: KernelFixture.workspace) == end && hub.behind.isEmpty }
                try await kernel.create()
                channel.arrive(.wake(EventWake(workspaceID: KernelFixture.workspace, position: end + 1)))
                try await eventually { hub.lastPosition(of: KernelFixture.workspace) == end + 1 }
                #expect(tailer.found.wakeFinds == 2)
            }
        }
    }

    @Test func `commits in a row make few wakes, the last of which names the last position`() async throws {
        let channel = ScriptedWakes()
        let notifier = WakeNotifier(channel: channel, logger: KernelFixture.logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await notifier.run() }
            for position in 1...2000 { notifier.notify(KernelFixture.workspace, at: Int64(position)) }
            try await eventually { channel.sent.last?.last?.position == 2000 }
            #expect(channel.sent.count < 200)
            #expect(notifier.told.sent == channel.sent.count)

            // While the channel is broken nothing is kept and nothing stops.
            channel.setBroken(true)
            notifier.notify(KernelFixture.workspace, at: 2001)
            try await eventually { notifier.told.unsent == 1 }
            channel.setBroken(false)
            notifier.notify(KernelFixture.workspace, at: 2002)
            try await eventually {
                channel.sent.last == [EventWake(workspaceID: KernelFixture.workspace, position: 2002)]
            }
            group.cancelAll()
        }
    }

    @Test func `a payload is read as it was written, and nothing else is taken for one`() {
        let wake = EventWake(workspaceID: KernelFixture.workspace, position: 12)
        #expect(EventWake(payload: wake.payload) == wake)
        for payload in ["", " ", "ws_dev", "ws_dev ", "ws_dev x", "ws_dev 99999999999999999999"] {
            #expect(EventWake(payload: payload) == nil, "\(payload)")
        }
    }
}
