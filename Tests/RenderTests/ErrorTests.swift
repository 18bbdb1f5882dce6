// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes
import Render
import Testing

/// The words of the refusal that an answer ends in.
private func words(
    _ body: String, status: Int = 400,
    _ use: (RenderClient) async throws -> Void = { _ = try await $0.service("srv-1") }
) async -> String {
    let client = makeClient(ScriptedTransport(.text(status, body)))
    guard case .refused(_, _, let message)? = await failure(of: { try await use(client) }) else { return "not refused" }
    return message
}

struct ErrorTests {
    @Test func `words come from the message, or else from the body as it is`() async {
        #expect(await words(#"{"id":"e-1","message":"name taken","code":"conflict"}"#) == "name taken")
        #expect(await words(#"{"error":"nope"}"#) == "nope")
        #expect(await words("<html>Bad gateway</html>") == "<html>Bad gateway</html>")
        #expect(await words("") == "(no words)")
        #expect(await words("{}") == "(no words)")
        #expect(await words("[1]") == "[1]")
        #expect(await words(#"{"message":7}"#) == "(no words)")
    }

    @Test func `words are one line, without control characters, and short`() async {
        #expect(await words("a\u{1B}[31mred\u{07}\n\n  next\tline\u{202E}") == "a [31mred next line")
        let long = await words(String(repeating: "é", count: 20_000))
        #expect(long.count == 501)
        #expect(await words(String(decoding: [0xFF, 0xFE, 0x41], as: UTF8.self)).hasSuffix("A"))
    }

    @Test func `keys are masked, ours and whatever looks like one`() async {
        let mask = Redactor.mask
        #expect(await words("bad key \(testToken.reveal())!") == "bad key \(mask)!")
        #expect(await words("try rnd_someBodyElses-Key_9.") == "try \(mask).")
        #expect(await words(#"{"message":"k","code":"rnd_abcdef"}"#) == "k")
    }

    @Test func `values that were sent do not come back in an error`() async {
        let secret = Secret("p4ss\"word\nwith lines and more of it")
        let uses: [(RenderClient) async throws -> Void] = [
            { try await $0.setEnvVar(service: "srv-1", key: "KEY", value: secret) },
            { try await $0.setEnvVar(group: "evg-1", key: "KEY", value: secret) },
            { try await $0.replaceEnvVars(service: "srv-1", ["KEY": secret]) },
            {
                let variable: JSONValue = ["key": "KEY", "value": .string(secret.reveal())]
                _ = try await $0.createService(["name": "a", "envVars": [variable]])
            },
            {
                let file: JSONValue = ["name": "f", "content": .string(secret.reveal())]
                _ = try await $0.createEnvGroup(["name": "a", "envVars": [], "secretFiles": [file]])
            },
        ]
        let echoes = [
            JSONValue.object(["message": .string("KEY is not \(secret.reveal())")]).text,
            "raw \(secret.reveal())", "raw \(JSONValue.string(secret.reveal()).text)",
            "cut off: \(secret.reveal().prefix(20))", "the middle: \(secret.reveal().dropFirst(6).prefix(16))",
        ]
        for use in uses {
            for echo in echoes {
                let said = await words(echo, use)
                for piece in ["p4ss", "with lines", "more of it"] { #expect(!said.contains(piece), "\(said)") }
            }
        }
    }

    @Test func `an error names the operation and never the query, the body or the key`() async throws {
        let lost = HTTPExchangeFailure(.connection("closed by the far side"), mayHaveArrived: true)
        for use in OperationUse.all {
            let error = await failure {
                try await use.use(makeClient(ScriptedTransport { _, _ in throw lost }))
            }
            let text = try #require(error?.description)
            for piece in ["tea-1", "A_KEY", "?", "limit=", testToken.reveal()] {
                #expect(!text.contains(piece), "\(text)")
            }
        }
    }

    @Test func `connection strings and variables cannot be printed`() async throws {
        let info: JSONValue = [
            "password": "s3cret-pw", "internalConnectionString": "postgres://u:s3cret-pw@h/db",
            "internalConnectionPoolString": "postgres://u:s3cret-pw@pool/db",
            "psqlCommand": "PGPASSWORD=s3cret-pw psql",
        ]
        let connection = try await makeClient(ScriptedTransport(.json(200, info))).databaseConnection("dpg-1")
        #expect(connection.internalConnectionString.reveal() == "postgres://u:s3cret-pw@h/db")
        #expect(connection.pooledConnectionString?.reveal() == "postgres://u:s3cret-pw@pool/db")
        #expect(connection.password?.reveal() == "s3cret-pw")
        #expect(!String(reflecting: connection).contains("s3cret-pw"))
        let variables: JSONValue = [["envVar": ["key": "A", "value": "s3cret-pw"], "cursor": "c"]]
        let read = try await makeClient(ScriptedTransport(.json(200, variables))).envVars(service: "srv-1")
        #expect(read["A"]?.reveal() == "s3cret-pw")
        #expect(!"\(read)".contains("s3cret-pw"))
    }

    @Test(arguments: [
        (401, Problem.Kind.unavailable, "render_key_refused"), (402, .conflict, "render_payment_required"),
        (403, .forbidden, "render_forbidden"), (404, .notFound, "render_not_found"),
        (410, .notFound, "render_not_found"), (409, .conflict, "render_conflict"), (400, .invalid, "render_refused"),
        (422, .invalid, "render_refused"),
    ])
    func `a refusal becomes a problem that says what to do`(status: Int, kind: Problem.Kind, code: String) {
        let problem = RenderError.refused(status: status, code: "their_code", message: "their words").asProblem
        #expect(problem.kind == kind)
        #expect(problem.code == code)
        #expect(problem.message.hasSuffix("Render says: their words"))
        #expect(problem.details["renderCode"] == "their_code")
        #expect(problem.details["renderStatus"]?.int == status)
    }

    @Test func `other failures become problems, too`() {
        #expect(RenderError.rateLimited(retryAfter: .seconds(7)).asProblem.retryAfter == .seconds(7))
        #expect(RenderError.rateLimited(retryAfter: nil).asProblem.kind == .rateLimited)
        #expect(RenderError.unavailable("x").asProblem.kind == .unavailable)
        #expect(RenderError.outcomeUnknown("service api: timeout").asProblem.message.contains("service api"))
        #expect(RenderError.malformed("list-services#/0").asProblem.message.contains("list-services#/0"))
    }
}
