// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// Runs a command and ends with its exit code: results on standard output, everything else on standard error.
@main
struct Main {
    static func main() async {
        do {
            try await run()
        } catch {
            exit(report(error))
        }
    }

    private static func run() async throws {
        let command = try Tutti.parseAsRoot()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = command
            try command.run()
        }
    }

    /// Says what is wrong, if anything is, and gives the exit code.
    private static func report(_ error: any Error) -> Int32 {
        if let code = error as? ArgumentParser.ExitCode { return code.rawValue }
        if let failure = error as? Failure { return report(failure) }
        // Help and version come as errors, too; bad usage is an error like any other here.
        switch Tutti.exitCode(for: error) {
        case .success:
            Terminal.write(Tutti.fullMessage(for: error))
            return Ending.clean
        case .validationFailure:
            Terminal.note(Tutti.fullMessage(for: error))
            return Ending.error
        default: return report(Failure(of: error))
        }
    }

    private static func report(_ failure: Failure) -> Int32 {
        Terminal.note(failure.text)
        Annotations.current?.error(failure.message)
        return failure.code
    }
}
