// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A promise about what is read from outside that some input broke.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A reader of bytes from outside, with what it promises for every input.
package struct FuzzTarget: Sendable {
    /// Names the folder of its corpus too.
    package let name: String
    private let check: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.check = check
    }

    /// Reads the input and throws `BrokenPromise` when something that must hold does not, or when it takes too long for
    /// its size. Traps where the reader does.
    package func run(_ input: [UInt8]) throws {
        let start = Self.processorTime()
        try check(input)
        let spent = Self.processorTime() - start
        let budget = Self.budget(bytes: input.count)
        try hold(spent <= budget, "\(input.count) bytes took \(spent) of processor time, \(budget) is allowed")
    }

    /// Far more than anything should take, and far less than what grows with the square of the size.
    private static func budget(bytes: Int) -> Duration {
        #if DEBUG
            .seconds(5) + .microseconds(500 * bytes)
        #else
            .milliseconds(500) + .microseconds(50 * bytes)
        #endif
    }

    /// Of this thread, so that it does not depend on what else the machine does.
    package static func processorTime() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Throws `BrokenPromise` unless the promise holds.
func hold(_ promise: Bool, _ words: @autoclosure () -> String) throws(BrokenPromise) {
    guard promise else { throw BrokenPromise(words()) }
}

/// As `hold`, for two things that must be the same.
func same<Value: Equatable>(
    _ left: Value, _ right: Value, _ words: @autoclosure () -> String
) throws(BrokenPromise) {
    guard left == right else { throw BrokenPromise("\(words()): \(left) is not \(right)") }
}
