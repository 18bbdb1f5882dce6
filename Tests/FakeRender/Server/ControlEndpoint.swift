// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension FakeRender {
    /// Commands over HTTP, for whoever runs the fake as a program:
    /// `POST /__fake/faults`, `DELETE /__fake/faults`, `POST /__fake/advance`, `GET /__fake/requests`.
    func control(_ call: FakeCall) -> FakeAnswer {
        switch (call.method, call.segments.dropFirst().joined(separator: "/")) {
        case (.POST, "faults"):
            guard let body = call.json?.object, let fault = Fault(body) else {
                return refused(.invalid("a fault needs an effect that is known"))
            }
            faults.add(fault)
            return FakeAnswer(204)
        case (.DELETE, "faults"):
            faults.clear()
            return FakeAnswer(204)
        case (.POST, "advance"):
            advance()
            return FakeAnswer(204)
        case (.POST, "finish"):
            finishDeploys()
            return FakeAnswer(204)
        case (.GET, "requests"):
            return FakeAnswer(200, .array(requests.map(\.json)))
        case (.GET, "violations"):
            return FakeAnswer(200, .array(schemaViolations.map { .string($0) }))
        default: return refused(.notFound(call.path))
        }
    }
}

extension RecordedRequest {
    fileprivate var json: JSONValue {
        [
            "number": JSONValue(number), "method": .string(method), "path": .string(path),
            "operation": operation.map { .string($0) } ?? .null, "status": status.map { JSONValue($0) } ?? .null,
        ]
    }
}

extension Fault {
    /// `{effect, operation?, method?, path?, times?, probability?, seed?, milliseconds?, status?, retryAfter?}`.
    fileprivate init?(_ body: JSONObject) {
        let effect: Effect
        switch body["effect"]?.string {
        case "delay": effect = .delay(.milliseconds(body["milliseconds"]?.int ?? 1000))
        case "answer": effect = .answer(status: body["status"]?.int ?? 500, retryAfter: body["retryAfter"]?.int)
        case "garbage": effect = .garbage(status: body["status"]?.int ?? 502)
        case "loseBeforeEffect": effect = .loseBeforeEffect
        case "loseAfterEffect": effect = .loseAfterEffect
        default: return nil
        }
        let match: Match
        if let operation = body["operation"]?.string {
            match = .operation(operation)
        } else if let method = body["method"]?.string, let path = body["path"]?.string {
            match = .route(method: method, path: path)
        } else {
            match = .any
        }
        let frequency: Frequency
        if let probability = body["probability"]?.double {
            frequency = .random(probability: probability, seed: UInt64(max(0, body["seed"]?.int ?? 1)))
        } else {
            frequency = .times(body["times"]?.int ?? 1)
        }
        self.init(effect, on: match, frequency)
    }
}
