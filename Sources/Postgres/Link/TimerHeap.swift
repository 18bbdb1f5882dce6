// SPDX-License-Identifier: Apache-2.0

/// Somebody who asked to be called at a point in time. Being called too often must do no harm.
protocol TimerTarget: AnyObject, Sendable {
    func timerFired(now: UInt64)
}

/// A binary heap of wake-ups, the earliest first.
struct TimerHeap {
    private struct Entry {
        let at: UInt64
        weak let target: (any TimerTarget)?
    }

    private var entries: [Entry] = []

    var earliest: UInt64 { entries.first?.at ?? MonotonicClock.never }

    mutating func insert(at time: UInt64, _ target: any TimerTarget) {
        entries.append(Entry(at: time, target: target))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if entries[parent].at <= entries[child].at { break }
            entries.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes out everything due at `now`.
    mutating func popDue(now: UInt64) -> [any TimerTarget] {
        var due: [any TimerTarget] = []
        while let first = entries.first, first.at <= now {
            if let target = first.target { due.append(target) }
            let last = entries.removeLast()
            if !entries.isEmpty {
                entries[0] = last
                siftDown()
            }
        }
        return due
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].at < entries[smallest].at { smallest = child }
            }
            if smallest == parent { return }
            entries.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
