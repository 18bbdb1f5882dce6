// SPDX-License-Identifier: Apache-2.0

/// Values that are made once, however many ask for them at the same time. A failure is forgotten and tried again.
actor TestDatabaseOnce<Key: Hashable & Sendable, Value: Sendable> {
    private enum Entry {
        case making([CheckedContinuation<Void, Never>])
        case made(Value)
    }

    private var entries: [Key: Entry] = [:]

    func value(for key: Key, make: () async throws -> Value) async throws -> Value {
        while true {
            switch entries[key] {
            case .made(let value): return value
            case .making(let waiting):
                await withCheckedContinuation { entries[key] = .making(waiting + [$0]) }
            case nil:
                entries[key] = .making([])
                do {
                    let value = try await make()
                    finish(key, .made(value))
                    return value
                } catch {
                    finish(key, nil)
                    throw error
                }
            }
        }
    }

    private func finish(_ key: Key, _ entry: Entry?) {
        let before = entries[key]
        entries[key] = entry
        if case .making(let waiting) = before { for continuation in waiting { continuation.resume() } }
    }
}

/// A counted set of places, taken in order of arrival.
actor TestDatabasePlaces {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { free = count }

    func acquire() async throws {
        try Task.checkCancellation()
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func release() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
