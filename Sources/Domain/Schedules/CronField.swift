// SPDX-License-Identifier: Apache-2.0

/// One of the places of a cron expression, in the order they are written; the first may be left out.
package enum CronField: String, Sendable, CaseIterable {
    case second, minute, hour
    case dayOfMonth = "day-of-month"
    case month
    case dayOfWeek = "day-of-week"

    /// The numbers it takes; 7 is a second number for Sunday.
    package var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// The words that stand for its numbers, from the range's first number on.
    package var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        case .second, .minute, .hour, .dayOfMonth: []
        }
    }

    /// What may be written here, as the end of a sentence.
    package var allowed: String {
        let numbers =
            "*, numbers \(range.lowerBound) to \(range.upperBound), ranges a-b, steps */n or a-b/n, and lists of them"
        return switch self {
        case .second, .minute, .hour: numbers
        case .dayOfMonth: numbers + "; L for the last day of the month"
        case .month: numbers + "; the names jan to dec"
        case .dayOfWeek: numbers + "; the names sun to sat; mon#2 for the second Monday of the month, up to #5"
        }
    }
}

/// Why text is not a cron expression that can be used.
package enum CronError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Neither five or six fields nor one of the names with an `@`.
    case shape(fields: Int)
    /// Longer than `CronExpression.maximumLength` bytes.
    case tooLong
    case unknownName(String)
    /// A part of one field, as it was written.
    case part(CronField, String)
    /// Every field is right by itself, but no day of any year fits them all.
    case neverFires

    /// What is wrong with it, as the end of a sentence that begins with where it is written.
    package var description: String {
        switch self {
        case .shape(let count):
            "must have five fields (minute hour day-of-month month day-of-week), or six with the second in front, "
                + "not \(count)"
        case .tooLong: "must have at most \(CronExpression.maximumLength) characters"
        case .unknownName(let name):
            "cannot be \(name); there are \(CronExpression.names.keys.sorted().joined(separator: ", "))"
        case .part(let field, let text):
            "cannot have \"\(text)\" as its \(field.rawValue), which takes \(field.allowed)"
        case .neverFires: "fits no day of any year, so it would never fire"
        }
    }
}

/// Small numbers, kept as bits so that the next larger one is found without a loop.
struct CronSet: Sendable, Hashable {
    private var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }

    func contains(_ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }

    /// The smallest member that is not below `number` (0…63).
    func first(from number: Int) -> Int? {
        let rest = (bits >> UInt64(number)) << UInt64(number)
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }
}
