// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render
import RenderPlans

/// Why a command came to nothing: one sentence, and what to do next. Never holds a secret.
struct Failure: Error {
    let message: String
    /// Further lines, each a thing that is wrong or to be done.
    let hints: [String]
    let code: Int32

    init(_ message: String, hints: [String] = [], code: Int32 = Ending.error) {
        self.message = message
        self.hints = hints
        self.code = code
    }

    /// As it is printed.
    var text: String { (["error: \(message)"] + hints.map { "  \($0)" }).joined(separator: "\n") }
}

extension Failure {
    /// Whatever else was thrown, in our words.
    init(of error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let problem as Problem: self.init(problem)
        case let error as RenderError: self.init(render: error)
        case let error as ApplyError: self.init(apply: error)
        case is CancellationError: self.init("it was interrupted")
        default: self.init("something went wrong that was not foreseen: \(error)")
        }
    }

    private init(_ problem: Problem) {
        self.init(problem.message, hints: problem.fields.map { "\($0.field): \($0.message)" })
    }

    private init(render error: RenderError) {
        let problem = error.asProblem
        var hints: [String] = []
        if problem.code == "render_key_refused" {
            hints = ["Make a key in Render's dashboard (Account Settings, API Keys) and set RENDER_API_TOKEN to it."]
        }
        if problem.code == "render_unavailable", case .unavailable(let what) = error { hints = [what] }
        self.init(problem.message, hints: hints)
    }

    private init(apply error: ApplyError) {
        switch error {
        case .blocked(let reasons): self.init("the plan is blocked", hints: reasons, code: Ending.blocked)
        case .stale(let fields):
            self.init(
                "what is live has changed since the plan was made; nothing was applied",
                hints: fields.map { "\($0.resource).\($0.path) has changed" } + ["Plan again."])
        case .locked, .lockLost, .tooManyPruned, .unknown, .ended: self.init(error.description)
        }
    }
}
