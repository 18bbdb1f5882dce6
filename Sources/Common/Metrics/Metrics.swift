// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The figures of one process, written out for Prometheus when it asks.
///
/// Instruments are made once, at start, with fixed labels; measuring takes an atomic or a short lock. Label values must
/// come from a closed set (routes by their template, never ids), which the bound on series backs up.
package final class Metrics: Sendable {
    /// A name and its value, such as `("route", "/task/{id}")`.
    package typealias Label = (name: String, value: String)

    private enum Kind: String { case counter, gauge, histogram }

    private struct Family {
        let kind: Kind
        let help: String
        var series:
            [(labels: String, write: @Sendable (_ name: String, _ labels: String, _ text: inout String) -> Void)]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    private static let seriesLimit = 20_000

    package init() {}

    /// A figure that only grows; `name` ends in `_total`.
    package func counter(_ name: String, _ help: String, _ labels: [Label] = []) -> Counter {
        let counter = Counter()
        add(name, .counter, help, labels) { name, labels, text in
            text += "\(name)\(labels) \(counter.value)\n"
        }
        return counter
    }

    /// A figure that only grows and is kept elsewhere; `read` is called at each scrape.
    package func counter(
        _ name: String, _ help: String, _ labels: [Label] = [], reading read: @escaping @Sendable () -> Int
    ) {
        add(name, .counter, help, labels) { name, labels, text in text += "\(name)\(labels) \(read())\n" }
    }

    /// A figure that goes up and down, read at each scrape.
    package func gauge(
        _ name: String, _ help: String, _ labels: [Label] = [], reading read: @escaping @Sendable () -> Double
    ) {
        add(name, .gauge, help, labels) { name, labels, text in
            text += "\(name)\(labels) \(Self.number(read()))\n"
        }
    }

    /// The spread of a figure, counted in buckets with ascending upper bounds.
    package func histogram(
        _ name: String, _ help: String, _ labels: [Label] = [], bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let histogram = Histogram(bounds: bounds)
        add(name, .histogram, help, labels) { name, labels, text in
            let inner = labels.isEmpty ? "" : labels.dropFirst().dropLast() + ","
            let (counts, sum) = histogram.snapshot
            var total = 0
            for (position, count) in counts.enumerated() {
                total += count
                let bound = position < bounds.count ? Self.number(bounds[position]) : "+Inf"
                text += "\(name)_bucket{\(inner)le=\"\(bound)\"} \(total)\n"
            }
            text += "\(name)_sum\(labels) \(Self.number(sum))\n\(name)_count\(labels) \(total)\n"
        }
        return histogram
    }

    /// Everything, in the text format 0.0.4, ordered by name.
    package var text: String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind.rawValue)\n"
            for series in family.series { series.write(name, series.labels, &text) }
        }
        return text
    }

    private func add(
        _ name: String, _ kind: Kind, _ help: String, _ labels: [Label],
        write: @escaping @Sendable (String, String, inout String) -> Void
    ) {
        let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        let written = pairs.isEmpty ? "" : "{\(pairs)}"
        state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind, help: help, series: [])
            guard family.kind == kind, state.count < Self.seriesLimit else { return }
            // The last one wins, so that a part that is made anew does not appear twice.
            family.series.removeAll { $0.labels == written }
            family.series.append((written, write))
            state.families[name] = family
            state.count += 1
        }
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

/// A figure that only grows.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package func add(_ amount: Int = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    package var value: Int { count.load(ordering: .relaxed) }
}

/// A count of what is going on at the moment.
package final class Gauge: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package func add(_ amount: Int) { count.wrappingAdd(amount, ordering: .relaxed) }

    package var value: Int { count.load(ordering: .relaxed) }
}

/// How often values fell between bounds.
package final class Histogram: Sendable {
    /// Bounds for durations of requests and the like, in seconds.
    package static let seconds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    private let bounds: [Double]
    private let state: Mutex<(counts: [Int], sum: Double)>

    package init(bounds: [Double] = Histogram.seconds) {
        self.bounds = bounds
        state = Mutex((Array(repeating: 0, count: bounds.count + 1), 0))
    }

    package func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    package func record(_ duration: Duration) { record(duration.seconds) }

    /// Counts per bucket (not cumulative, the last one without a bound) and the sum of all values.
    package var snapshot: (counts: [Int], sum: Double) { state.withLock { $0 } }
}

extension Duration {
    /// The duration in seconds, with a fraction.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
