// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The faults in force. They can be changed at any time; the first that matches a request and is due happens to it.
package final class Faults: Sendable {
    fileprivate struct Entry {
        let fault: Fault
        var seen = 0
        var happened = 0
        var generator: Minting
    }

    private let entries = Mutex<[Entry]>([])

    init() {}

    package func add(_ fault: Fault) {
        let seed: UInt64 =
            switch fault.frequency {
            case .random(_, let seed): seed
            default: 0
            }
        entries.withLock { $0.append(Entry(fault: fault, generator: Minting(seed: seed))) }
    }

    /// Adds a fault for the next requests that match.
    package func add(_ effect: Fault.Effect, on match: Fault.Match = .any, _ frequency: Fault.Frequency = .times(1)) {
        add(Fault(effect, on: match, frequency))
    }

    package func clear() { entries.withLock { $0 = [] } }

    /// How often any of them has happened.
    package var happened: Int { entries.withLock { $0.reduce(0) { $0 + $1.happened } } }

    /// What goes wrong with this request, if anything.
    func next(for operation: Operation) -> Fault.Effect? {
        entries.withLock { entries in
            for index in entries.indices where entries[index].fault.match.matches(operation) {
                if let effect = entries[index].next() { return effect }
            }
            return nil
        }
    }
}

extension Faults.Entry {
    fileprivate mutating func next() -> Fault.Effect? {
        seen += 1
        switch fault.frequency {
        case .always: break
        case .times(let count, let skipping): guard seen > skipping, happened < count else { return nil }
        case .random(let probability, _): guard generator.unit() < probability else { return nil }
        }
        happened += 1
        guard fault.effects.count > 1 else { return fault.effects.first }
        return fault.effects[min(Int(generator.unit() * Double(fault.effects.count)), fault.effects.count - 1)]
    }
}
