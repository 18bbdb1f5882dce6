// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension FuzzTarget {
    /// Blueprints in YAML. An input is a file.
    static let blueprint = FuzzTarget("blueprint") { bytes in
        let read = Blueprint.read(bytes)
        try BlueprintTarget.checkDiagnostics(of: read, bytes)
        try BlueprintTarget.checkResources(of: read)
        try BlueprintTarget.checkSecrets(of: read, bytes)
        try BlueprintTarget.checkSame(read, Blueprint.read(bytes), "the same bytes once more")
        if bytes.count < 1_000_000, !bytes.starts(with: [0xEF]) {
            let marked = Blueprint.read([0xEF, 0xBB, 0xBF] + bytes)
            try BlueprintTarget.checkSame(read, marked, "the same text behind a byte order mark")
        }
    }
}

private enum BlueprintTarget {
    static func checkSame(_ left: Blueprint, _ right: Blueprint, _ words: String) throws {
        try same(left.dialect, right.dialect, "\(words): the dialect")
        try same(left.diagnostics, right.diagnostics, "\(words): the diagnostics")
        try same(left.resources.count, right.resources.count, "\(words): the resources")
        for (left, right) in zip(left.resources, right.resources) {
            let isSame =
                left.address == right.address && left.serviceType == right.serviceType && left.fields == right.fields
                && left.environment == right.environment && left.groups == right.groups
                && left.environmentOfProject == right.environmentOfProject && left.position == right.position
            try hold(isSame, "\(words) gives another \(left.address.kind.rawValue)")
        }
    }

    /// Few, short, in order, and inside the file, by a count of lines that knows nothing of the reader's.
    static func checkDiagnostics(of blueprint: Blueprint, _ bytes: [UInt8]) throws {
        let diagnostics = blueprint.diagnostics
        try hold(diagnostics.count <= 1600, "there are \(diagnostics.count) diagnostics")
        let places = zip(diagnostics, diagnostics.dropFirst())
        try hold(places.allSatisfy { $0.position <= $1.position }, "the diagnostics are not in the order of the file")
        let lengths = lengthsOfLines(bytes)
        for diagnostic in diagnostics {
            let place = diagnostic.position
            try hold(place.line >= 1 && place.line <= lengths.count, "\(diagnostic.code) is in line \(place.line)")
            let length = lengths[place.line - 1]
            try hold(
                place.column >= 1 && place.column <= length + 1,
                "\(diagnostic.code) is at \(place), and the line has \(length) characters")
            try hold(!diagnostic.message.isEmpty && !diagnostic.code.isEmpty, "a diagnostic says nothing")
            try hold(
                diagnostic.message.utf8.count < 1000 && diagnostic.path.utf8.count < 6000,
                "\(diagnostic.code) is longer than anybody reads")
        }
        try same(blueprint.isValid, !diagnostics.contains { $0.severity == .error }, "whether it is valid")
    }

    /// The characters of each line; a byte that belongs to none counts as one.
    private static func lengthsOfLines(_ bytes: [UInt8]) -> [Int] {
        var lengths = [0]
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 0x0D || byte == 0x0A && previous != 0x0D {
                lengths.append(0)
            } else if byte != 0x0A, byte & 0xC0 != 0x80 || previous < 0x80 {
                lengths[lengths.count - 1] += 1
            }
            previous = byte
        }
        return lengths
    }

    static func checkResources(of blueprint: Blueprint) throws {
        let addresses = Set(blueprint.resources.map(\.address))
        try hold(addresses.count == blueprint.resources.count, "two resources have one address")
        for resource in blueprint.resources {
            let keys = Set(resource.environment.map(\.key))
            try hold(keys.count == resource.environment.count, "two variables have one key")
            try hold(
                (resource.serviceType != nil) == (resource.address.kind == .service), "a type of what is no service")
            try hold(!resource.address.name.isEmpty, "a resource has no name")
            if let parent = resource.environmentOfProject {
                try hold(addresses.contains(parent), "a resource is in an environment that is not there")
            }
        }
    }

    /// A value that stands in the file once, and has in it what no word of ours has, is repeated nowhere. With aliases it
    /// could be a name as well.
    static func checkSecrets(of blueprint: Blueprint, _ bytes: [UInt8]) throws {
        guard !bytes.contains(UInt8(ascii: "*")), !blueprint.diagnostics.isEmpty else { return }
        let values = blueprint.resources.lazy.flatMap(\.environment).compactMap { variable -> String? in
            guard case .literal(let secret) = variable.source else { return nil }
            let value = secret.reveal()
            return value.utf8.count >= 4 && value.utf8.contains { rare.contains($0) } ? value : nil
        }
        for value in values.prefix(8) {
            let wanted = Array(value.utf8)
            guard occurrences(of: wanted, in: bytes) == 1 else { continue }
            for diagnostic in blueprint.diagnostics {
                let said = Array((diagnostic.message + diagnostic.path).utf8)
                try hold(occurrences(of: wanted, in: said) == 0, "\(diagnostic.code) repeats a variable's value")
            }
        }
    }

    private static let rare = Set("$%&@^".utf8)

    private static func occurrences(of wanted: [UInt8], in bytes: [UInt8]) -> Int {
        guard let first = wanted.first, bytes.count >= wanted.count else { return 0 }
        var count = 0
        for start in 0...(bytes.count - wanted.count) where bytes[start] == first {
            if bytes[start..<start + wanted.count].elementsEqual(wanted) { count += 1 }
        }
        return count
    }
}
