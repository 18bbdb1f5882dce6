// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// When output is coloured.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never

    /// Whether standard output is to be coloured. NO_COLOR counts when it is set and not empty.
    var isOn: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isWelcome && Terminal.showsOutput
        }
    }

    private var isWelcome: Bool {
        let environment = ProcessInfo.processInfo.environment
        return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }
}
