// SPDX-License-Identifier: Apache-2.0

import API
import Common

extension FuzzTarget {
    /// Requests to endpoints: query strings, headers, bodies. An input is an endpoint's id, a query, headers until an empty
    /// line, and a body.
    static let api = FuzzTarget("api") { bytes in
        let lines = InputLines(bytes, most: 16)
        let query = lines.text(1)
        try APITarget.checkQuery(query)
        guard let probe = EndpointProbe.all[lines.text(0)] else { return }
        var headers: [String: String] = ["content-type": "application/json"]
        var line = 2
        while line < lines.count, !lines.bytes(line).isEmpty {
            let halves = lines.text(line).split(separator: ":", maxSplits: 1).map(String.init)
            if halves.count == 2 { headers[halves[0].lowercased()] = String(halves[1].drop { $0 == " " }) }
            line += 1
        }
        let body = Array((line + 1..<max(line + 1, lines.count)).map(lines.bytes).joined(separator: [0x0A]))
        try probe.check(query: query, headers: headers, body: body)
    }
}

private enum APITarget {
    static func checkQuery(_ text: String) throws {
        let items = URLText.query(text)
        let parts = text.utf8.split(separator: UInt8(ascii: "&")).count
        try hold(items.map { $0.count == parts } ?? true, "a query of \(parts) parts has another number of items")
        for (name, value) in items ?? [] {
            let again = URLText.query(encoded(name) + "=" + encoded(value))
            try hold(
                again?.count == 1 && again?[0].name.isSpelt(as: name) == true
                    && again?[0].value.isSpelt(as: value) == true, "an item that is encoded again is another")
        }
        try hold(URLText.decode(encoded(text))?.isSpelt(as: text) == true, "what is encoded is not decoded")
    }

    /// Every byte as a percent sequence.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { "%" + Hex.text([$0]) }.joined()
    }
}

/// One endpoint without its types, and what must hold of whatever it decodes.
private struct EndpointProbe: Sendable {
    private let input: InputDescription
    private let path: [(name: String, value: String)]
    private let schema: JSONSchema
    private let decode: @Sendable (RawRequest) throws(Problem) -> Void

    private init<Input: WireInput, Output: EndpointOutput>(_ endpoint: Endpoint<Input, Output>) throws {
        input = endpoint.route.input
        path = endpoint.route.path.parameters.map { name in
            let kind = name == "id" ? "task" : String(name.prefix { $0 != "_" })
            return (name, "\(kind)_01JD0000000000000000000000")
        }
        var components = Components()
        let written = input.schema(in: &components)
        schema = try JSONSchema(Components.standalone(written, components), formats: .assert)
        decode = { request throws(Problem) in _ = try endpoint.decode(request) }
    }

    /// The endpoints with the most to read, by their ids.
    static let all: [String: EndpointProbe] = {
        do {
            return [
                "createTask": try EndpointProbe(TasksAPI.create), "listTasks": try EndpointProbe(TasksAPI.list),
                "changeTask": try EndpointProbe(TasksAPI.change), "listEvents": try EndpointProbe(EventsAPI.list),
                "createRun": try EndpointProbe(RunsAPI.create), "listRuns": try EndpointProbe(RunsAPI.list),
                "completeRun": try EndpointProbe(RunWorkAPI.complete), "claimRuns": try EndpointProbe(RunWorkAPI.claim),
                "requestApproval": try EndpointProbe(ApprovalsAPI.request),
                "createSchedule": try EndpointProbe(SchedulesAPI.create),
                "changeSchedule": try EndpointProbe(SchedulesAPI.change),
                "previewCron": try EndpointProbe(SchedulesAPI.previewCron),
                "createHook": try EndpointProbe(HooksAPI.create), "changeHook": try EndpointProbe(HooksAPI.change),
                "listLogs": try EndpointProbe(LogsAPI.list), "streamLogs": try EndpointProbe(LogsAPI.stream),
                "openIncident": try EndpointProbe(IncidentsAPI.open), "setLimit": try EndpointProbe(LimitsAPI.set),
                "keepHead": try EndpointProbe(HeadsAPI.keep), "echo": try EndpointProbe(EchoAPI.echo),
            ]
        } catch {
            fatalError("the schema of an endpoint cannot be used: \(error)")
        }
    }()

    func check(query: String, headers: [String: String], body: [UInt8]) throws {
        let request = RawRequest(
            path: path, query: Substring(query), header: { headers[$0.lowercased()] }, body: body)
        let first = outcome(of: request)
        try same(first?.message, outcome(of: request)?.message, "decoding twice")
        if let problem = first {
            try hold([.invalid, .unsupportedMedia].contains(problem.kind), "\(problem.kind) for a malformed request")
            try hold(!problem.message.isEmpty && problem.fields.count <= 50, "a request is refused without a good word")
            return
        }
        guard !body.isEmpty, !input.members.isEmpty else { return }
        // What is taken must be what the documents promise.
        let violations = schema.validate(try JSONValue.parse(body))
        try hold(violations.isEmpty, "taken against its own schema: \(violations.first.map { "\($0)" } ?? "")")
    }

    private func outcome(of request: RawRequest) -> Problem? {
        do throws(Problem) {
            try decode(request)
            return nil
        } catch {
            return error
        }
    }
}
