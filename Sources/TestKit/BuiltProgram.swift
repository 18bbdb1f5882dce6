// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Finds the programs that were built with the tests.
package enum BuiltProgram {
    package struct NotBuilt: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The binary of that name in `TUTTI_BIN_DIR`, else beside the running test bundle.
    package static func path(_ name: String) throws -> String {
        let beside = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory =
            ProcessInfo.processInfo.environment["TUTTI_BIN_DIR"].flatMap { $0.isEmpty ? nil : $0 }
            ?? URL(fileURLWithPath: beside).deletingLastPathComponent().path
        let path = "\(directory)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw NotBuilt(
                description: "there is no \(path); build all products, or set TUTTI_BIN_DIR to where they are")
        }
        return path
    }
}
