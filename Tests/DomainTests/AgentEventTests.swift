// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import Testing

/// The registration of an agent as it is on disk: frozen, like every event.
@Suite struct AgentEventTests {
    private static let frozen = [
        #"""
        {"name":"echo","kind":"http","description":"Mirrors.","endpoint":"http://127.0.0.1:8082/echo",\#
        "input_schema":{"type":"object"},"concurrency":256,"heartbeat_seconds":10}
        """#,
        #"{"name":"outside","kind":"worker","description":"","input_schema":true,"concurrency":4}"#,
    ]

    @Test(arguments: frozen) func `what is on disk is read and written back byte for byte`(text: String) throws {
        let agent = try AgentEvent.agent(
            from: try JSONValue.parse(text), in: Workspace.defaultID, previous: nil, at: .now())
        #expect(String(decoding: AgentEvent.body(agent), as: UTF8.self) == text)
        #expect((agent.kind == .http) == (agent.endpoint != nil))
    }

    @Test func `an agent that is called has an endpoint`() {
        let error = #expect(throws: EventDecodingError.self) {
            try AgentEvent.agent(
                from: try JSONValue.parse(
                    #"{"name":"echo","kind":"http","description":"","input_schema":true,"concurrency":1}"#),
                in: Workspace.defaultID, previous: nil, at: .now())
        }
        #expect(error?.member == "endpoint")
    }
}
