// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import TestKit
import Testing

@Suite(.daemonLogs) struct LiveAdmissionTests {
    private static let page = "https://tutti.example"

    private func refusal(
        _ daemon: DaemonProcess, query: String = "", headers: [(name: String, value: String)] = []
    ) async throws -> Int {
        do {
            try await LiveConnection.open(daemon, query: query, headers: headers).client.drop()
            return 101
        } catch let refused as WebSocketTestClient.Refused {
            #expect(refused.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            return refused.status
        }
    }

    @Test func `a person gets in by header, by the auth parameter and by a ticket, and nobody else`() async throws {
        try await Tutti.with([], settings: ["WS_ALLOWED_ORIGINS": Self.page]) { tutti in
            let daemon = tutti.orchestrator
            let origin = (name: "Origin", value: Self.page)
            let pair = Data("admin:\(tutti.stack.credentials.password)".utf8).base64EncodedString()
            let auth = "?auth=" + HTTPCall.encodeComponent(pair)
            let wrong = "?auth=" + HTTPCall.encodeComponent(Data("admin:wrong".utf8).base64EncodedString())
            #expect(try await refusal(daemon, headers: daemon.person.headers) == 101)
            #expect(try await refusal(daemon, headers: daemon.person.headers + [origin]) == 101)
            #expect(try await refusal(daemon, query: auth, headers: [origin]) == 101)
            #expect(try await refusal(daemon, query: wrong, headers: [origin]) == 401)
            #expect(try await refusal(daemon, headers: [origin]) == 401)
            #expect(try await refusal(daemon, headers: daemon.peer.headers) == 403)

            let made = try await daemon.person.send("POST", "/ws/ticket")
            #expect(made.status == 201)
            let life = try Timestamp.of(made.json["expires_at"]) - .now()
            #expect(life > .seconds(25) && life <= .seconds(30))
            let ticket = "?ticket=" + made.json.text("ticket")
            #expect(try await refusal(daemon, query: ticket, headers: [origin]) == 101)
            #expect(try await refusal(daemon, query: ticket, headers: [origin]) == 401, "it works once")
            #expect(try await refusal(daemon, query: "?ticket=invented", headers: [origin]) == 401)

            // What was in the address is in no log line.
            for secret in [
                pair, HTTPCall.encodeComponent(pair), tutti.stack.credentials.password, made.json.text("ticket"),
            ] {
                #expect(!daemon.log.contains(secret))
            }
        }
    }

    @Test func `a page of another origin is refused, whatever it shows`() async throws {
        try await Tutti.with([], settings: ["WS_ALLOWED_ORIGINS": Self.page]) { tutti in
            let daemon = tutti.orchestrator
            let pair = Data("admin:\(tutti.stack.credentials.password)".utf8).base64EncodedString()
            let auth = "?auth=" + HTTPCall.encodeComponent(pair)
            for foreign in [
                "https://evil.example", "http://tutti.example", "https://tutti.example.evil.example", "null",
            ] {
                let origin = (name: "Origin", value: foreign)
                #expect(try await refusal(daemon, query: auth, headers: [origin]) == 403, "\(foreign)")
                #expect(try await refusal(daemon, headers: daemon.person.headers + [origin]) == 403, "\(foreign)")
                let answer = try await daemon.person.with("Origin", foreign).get("/tasks")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
            #expect(try await refusal(daemon, query: auth) == 403, "credentials in the address need an Origin")
            let answer = try await daemon.person.with("Origin", Self.page).get("/tasks")
            #expect(answer.header("Access-Control-Allow-Origin") == Self.page)
        }
    }
}
