// SPDX-License-Identifier: Apache-2.0

import Render

/// Why one resource could not be made what the plan wants: in words for whoever reads the report, without secrets.
struct StepFailure: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }

    /// What an error of the client is in a report.
    init(_ error: RenderError) {
        message =
            switch error {
            case .refused(let status, let code, let words):
                "Render refused it with \(status)\(code.map { " (\($0))" } ?? ""): \(words)"
            case .rateLimited: "Render's limit of calls is used up; apply again later"
            case .unavailable(let words): "Render is not available: \(words)"
            case .outcomeUnknown(let words): "whether Render has done it is not known: \(words)"
            case .malformed(let words): "Render's answer cannot be read: \(words)"
            }
    }

    /// Of an error that ends the work on one resource; nil for one that ends the whole apply.
    init?(of error: any Error) {
        switch error {
        case let failure as StepFailure: self = failure
        case let error as RenderError: self.init(error)
        default: return nil
        }
    }
}
