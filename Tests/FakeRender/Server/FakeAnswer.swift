// SPDX-License-Identifier: Apache-2.0

import Common

/// What is sent back.
struct FakeAnswer: Sendable {
    var status: Int
    /// Nil for an answer without a body.
    var json: JSONValue?
    var html: String?
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ json: JSONValue? = nil) {
        self.status = status
        self.json = json
    }

    static func html(_ status: Int, _ text: String) -> FakeAnswer {
        var answer = FakeAnswer(status)
        answer.html = text
        return answer
    }
}

/// A request that is not done, in Render's form: a status, and a message that says why.
struct Refusal: Error, Sendable {
    let status: Int
    let message: String

    static func invalid(_ message: String) -> Refusal { Refusal(status: 400, message: message) }
    static func notFound(_ what: String) -> Refusal { Refusal(status: 404, message: "not found: \(what)") }
    static func conflict(_ message: String) -> Refusal { Refusal(status: 409, message: message) }

    func answer(id: String) -> FakeAnswer {
        FakeAnswer(status, .object(["id": .string(id), "message": .string(message)]))
    }
}
