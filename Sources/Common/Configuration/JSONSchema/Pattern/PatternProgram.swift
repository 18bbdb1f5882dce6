// SPDX-License-Identifier: Apache-2.0

/// A pattern as instructions for `PatternMachine`.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case scalar(UInt32)
        /// One of the scalars of the set with that number.
        case set(Int)
        /// Go on at both places.
        case fork(Int, Int)
        case jump(Int)
        case start
        case end
        case wordBoundary(Bool)
        case match
    }

    private(set) var instructions: [Instruction] = []
    let sets: [CompiledScalarSet]
    /// Whether every match begins at the beginning, so that later beginnings need not be tried.
    let isAnchored: Bool

    init(_ tree: PatternTree, sets: [ScalarSet]) throws(PatternError) {
        self.sets = sets.map(CompiledScalarSet.init)
        isAnchored = Self.isAnchored(tree)
        guard Self.size(of: tree) < Pattern.maximumSize else {
            throw PatternError(
                offset: 0, message: "pattern unfolds to more than \(Pattern.maximumSize) steps", isUnsupported: true)
        }
        emit(tree)
        instructions.append(.match)
    }

    /// How many instructions a tree unfolds to, held at the maximum before it can overflow.
    private static func size(of tree: PatternTree) -> Int {
        func held(_ size: Int) -> Int { min(size, Pattern.maximumSize) }
        switch tree {
        case .empty: return 0
        case .scalar, .set, .start, .end, .wordBoundary: return 1
        case .sequence(let parts): return parts.reduce(0) { held($0 + size(of: $1)) }
        case .choice(let branches): return branches.reduce(0) { held($0 + size(of: $1) + 2) }
        case .repetition(let part, let least, let most):
            return held((size(of: part) + 2) * (max(least, most ?? least) + 1))
        }
    }

    private static func isAnchored(_ tree: PatternTree) -> Bool {
        switch tree {
        case .start: true
        case .sequence(let parts): parts.first.map(isAnchored) ?? false
        case .choice(let branches): branches.allSatisfy(isAnchored)
        case .repetition(let part, let least, _): least > 0 && isAnchored(part)
        case .empty, .scalar, .set, .end, .wordBoundary: false
        }
    }

    private mutating func emit(_ tree: PatternTree) {
        switch tree {
        case .empty: break
        case .scalar(let value): instructions.append(.scalar(value))
        case .set(let number): instructions.append(.set(number))
        case .start: instructions.append(.start)
        case .end: instructions.append(.end)
        case .wordBoundary(let expected): instructions.append(.wordBoundary(expected))
        case .sequence(let parts): for part in parts { emit(part) }
        case .choice(let branches): emitChoice(branches)
        case .repetition(let part, let least, let most): emitRepetition(of: part, least: least, most: most)
        }
    }

    private mutating func emitChoice(_ branches: [PatternTree]) {
        var exits: [Int] = []
        for (position, branch) in branches.enumerated() {
            guard position < branches.count - 1 else {
                emit(branch)
                break
            }
            let fork = reserve()
            emit(branch)
            exits.append(reserve())
            instructions[fork] = .fork(fork + 1, instructions.count)
        }
        for exit in exits { instructions[exit] = .jump(instructions.count) }
    }

    private mutating func emitRepetition(of part: PatternTree, least: Int, most: Int?) {
        for _ in 0..<least { emit(part) }
        guard let most else {
            let fork = reserve()
            emit(part)
            instructions.append(.jump(fork))
            instructions[fork] = .fork(fork + 1, instructions.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(reserve())
            emit(part)
        }
        for fork in forks { instructions[fork] = .fork(fork + 1, instructions.count) }
    }

    private mutating func reserve() -> Int {
        instructions.append(.match)
        return instructions.count - 1
    }
}
