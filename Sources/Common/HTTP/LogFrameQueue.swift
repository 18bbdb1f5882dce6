// SPDX-License-Identifier: Apache-2.0

/// Frames that wait to be sent, within bounds: the oldest make room for the newest.
///
/// The newest are worth more while something goes wrong, and standard error has had them all.
struct LogFrameQueue: Sendable {
    let frameLimit: Int
    let byteLimit: Int
    private(set) var bytes = 0
    /// How many were pushed out since the beginning.
    private(set) var dropped = 0
    private var slots: [LogClient.Frame?] = []
    private var head = 0
    private(set) var count = 0

    init(frameLimit: Int, byteLimit: Int) {
        self.frameLimit = max(1, frameLimit)
        self.byteLimit = byteLimit
    }

    mutating func push(_ frame: LogClient.Frame) {
        let size = frame.approximateBytes
        while count > 0, count >= frameLimit || bytes + size > byteLimit {
            _ = pop()
            dropped += 1
        }
        if count == slots.count { grow() }
        slots[(head + count) % slots.count] = frame
        count += 1
        bytes += size
    }

    /// The oldest frames, up to so many and so large together, but at least one if there is any.
    mutating func take(frames: Int, bytes limit: Int) -> [LogClient.Frame] {
        var taken: [LogClient.Frame] = []
        var size = 0
        while taken.count < frames, let next = first {
            size += next.approximateBytes
            if !taken.isEmpty, size > limit { break }
            if let frame = pop() { taken.append(frame) }
        }
        return taken
    }

    /// Counts frames as lost that were taken out already.
    mutating func drop(_ number: Int) { dropped += number }

    /// Forgets what is left, and counts it as lost.
    mutating func dropAll() {
        while pop() != nil { dropped += 1 }
    }

    private var first: LogClient.Frame? { count == 0 ? nil : slots[head] }

    private mutating func pop() -> LogClient.Frame? {
        guard count > 0, let frame = slots[head] else { return nil }
        slots[head] = nil
        head = (head + 1) % slots.count
        count -= 1
        bytes -= frame.approximateBytes
        return frame
    }

    private mutating func grow() {
        var larger: [LogClient.Frame?] = []
        let size = min(frameLimit, max(64, slots.count * 2))
        larger.reserveCapacity(size)
        for index in 0..<count { larger.append(slots[(head + index) % slots.count]) }
        larger.append(contentsOf: repeatElement(nil, count: size - count))
        slots = larger
        head = 0
    }
}
