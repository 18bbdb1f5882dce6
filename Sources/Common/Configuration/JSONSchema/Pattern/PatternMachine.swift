// SPDX-License-Identifier: Apache-2.0

/// Walks a text once, keeping the set of instructions that some attempt at a match has reached.
///
/// Each instruction is in the set at most once, so the work is at most the text's length times the program's.
struct PatternMachine {
    private let program: PatternProgram
    private var current: [Int] = []
    private var following: [Int] = []
    /// The position, counted from 1, at which each instruction was last reached.
    private var reached: [Int]
    private var stack: [Int] = []

    init(program: PatternProgram) {
        self.program = program
        reached = Array(repeating: 0, count: program.instructions.count)
    }

    /// Whether a match is anywhere in `text`; nil when `budget` runs out first.
    mutating func search(_ text: String, budget: inout Int) -> Bool? {
        var position = 1
        var previous: Unicode.Scalar?
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        if follow(0, at: position, previous: previous, next: scalar, budget: &budget) { return true }
        while let consumed = scalar {
            guard budget > 0 else { return nil }
            if current.isEmpty && program.isAnchored { return false }
            scalar = scalars.next()
            previous = consumed
            position += 1
            swap(&current, &following)
            current.removeAll(keepingCapacity: true)
            budget -= following.count + 1
            for instruction in following where accepts(consumed, at: instruction, budget: &budget) {
                if follow(instruction + 1, at: position, previous: previous, next: scalar, budget: &budget) {
                    return true
                }
            }
            if !program.isAnchored,
                follow(0, at: position, previous: previous, next: scalar, budget: &budget)
            {
                return true
            }
        }
        return false
    }

    private func accepts(_ scalar: Unicode.Scalar, at instruction: Int, budget: inout Int) -> Bool {
        switch program.instructions[instruction] {
        case .scalar(let value): return scalar.value == value
        case .set(let number):
            if !scalar.isASCII { budget -= program.sets[number].cost }
            return program.sets[number].contains(scalar)
        default: return false
        }
    }

    /// Adds every instruction that waits for a character and can be reached from `start`; true when a match ends here.
    private mutating func follow(
        _ start: Int, at position: Int, previous: Unicode.Scalar?, next: Unicode.Scalar?, budget: inout Int
    ) -> Bool {
        stack.append(start)
        while let instruction = stack.popLast() {
            guard reached[instruction] != position else { continue }
            reached[instruction] = position
            budget -= 1
            switch program.instructions[instruction] {
            case .match: return true
            case .scalar, .set: current.append(instruction)
            case .jump(let target): stack.append(target)
            case .fork(let first, let second):
                stack.append(second)
                stack.append(first)
            case .start: if previous == nil { stack.append(instruction + 1) }
            case .end: if next == nil { stack.append(instruction + 1) }
            case .wordBoundary(let expected):
                if (isWord(previous) != isWord(next)) == expected { stack.append(instruction + 1) }
            }
        }
        return false
    }

    private func isWord(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar.isASCII && ASCII.isWord(UInt8(scalar.value))
    }
}
