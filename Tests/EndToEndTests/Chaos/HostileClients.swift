// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization
import TestKit

/// Clients that send what no honest client would, and note down every answer that is not a clear refusal.
final class HostileClients: Sendable {
    /// A request, and whether it must be refused or may also be taken for what it says.
    struct Request: Sendable {
        let name: String
        let bytes: [UInt8]
        var mayBeTaken = false
    }

    enum Kind: Sendable { case poisoned, oversized }

    private struct State {
        var sent = 0
        var refused = 0
        var creations: [Evidence.Creation] = []
        var surprises: [String] = []
    }

    private let state = Mutex(State())

    var sent: Int { state.withLock { $0.sent } }
    var refused: Int { state.withLock { $0.refused } }
    var creations: [Evidence.Creation] { state.withLock { $0.creations } }
    var surprises: [String] { state.withLock { $0.surprises } }

    /// Sends every request of a kind once, each on a connection of its own, or as many as there is time for.
    func send(_ kind: Kind, to daemon: DaemonProcess, within limit: Duration) async throws {
        let end = ContinuousClock.now + limit
        let credentials = daemon.person.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\r\n")
        let requests = kind == .poisoned ? Self.poisoned(credentials) : Self.oversized(credentials)
        for request in requests where ContinuousClock.now < end {
            try Task.checkCancellation()
            state.withLock { $0.sent += 1 }
            // No answer: the daemon is down, or has closed the door on more than it wants to read.
            guard let answer = try? await daemon.anybody.exchange(request.bytes, within: .seconds(3)) else { continue }
            judge(answer, to: request)
        }
    }

    private func judge(_ answer: PlainHTTPClient.Answer, to request: Request) {
        state.withLock { state in
            switch answer.status {
            case 400...499: state.refused += 1
            case 503: break
            case 201 where request.mayBeTaken:
                state.creations.append(.init(key: nil, taskID: answer.json["id"]?.string ?? ""))
            default:
                state.surprises.append("\(request.name) was answered with \(answer.status): \(answer.text.prefix(300))")
            }
        }
    }

    // MARK: What is sent

    private static func post(
        _ credentials: String, _ body: [UInt8], type: String = "application/json", length: Int? = nil
    ) -> [UInt8] {
        let head = """
            POST /task HTTP/1.1\r\nHost: tutti\r\nConnection: close\r\n\(credentials)\r\nContent-Type: \(type)\r\n\
            Content-Length: \(length ?? body.count)\r\n\r\n
            """
        return Array(head.utf8) + body
    }

    private static func json(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func poisoned(_ credentials: String) -> [Request] {
        let bodies: [(String, String)] = [
            ("half an object", "{\"agent\":\"echo\","), ("no JSON", "hello"), ("nothing", ""), ("a list", "[]"),
            ("null", "null"), ("two values", "{\"agent\":\"echo\"}{}"), ("a number for an agent", "{\"agent\":5}"),
            ("an object for an agent", "{\"agent\":{\"$ne\":null}}"),
            ("a huge number", "{\"agent\":\"echo\",\"input\":{},\"timeoutSeconds\":1e400}"),
            (
                "a number of a thousand digits",
                "{\"agent\":\"echo\",\"priority\":" + String(repeating: "9", count: 1000) + "}"
            ),
            ("text for a number", "{\"agent\":\"echo\",\"input\":{},\"priority\":\"5\"}"),
            ("a negative time", "{\"agent\":\"echo\",\"input\":{},\"timeoutSeconds\":-1}"),
            ("no date", "{\"agent\":\"echo\",\"input\":{},\"runAt\":\"yesterday\"}"),
            ("a NUL in a name", "{\"agent\":\"ec\\u0000ho\",\"input\":{}}"),
            ("a NUL in a key", "{\"agent\":\"echo\",\"input\":{},\"idempotencyKey\":\"a\\u0000b\"}"),
            ("a NUL in a correlation id", "{\"agent\":\"echo\",\"input\":{},\"correlationId\":\"a\\u0000b\"}"),
            ("half a surrogate in a key", "{\"agent\":\"echo\",\"input\":{},\"idempotencyKey\":\"\\ud800\"}"),
            ("deep lists", String(repeating: "[", count: 100_000)),
            ("a deep input", "{\"agent\":\"echo\",\"input\":" + String(repeating: "{\"a\":", count: 20_000) + "1"),
            ("a name twice", "{\"agent\":\"echo\",\"agent\":\"journal\",\"input\":{}}"),
            ("an unknown member", "{\"agent\":\"echo\",\"input\":{},\"isAdmin\":true}"),
            ("a broken escape", "{\"agent\":\"\\x41\",\"input\":{}}"),
            ("SQL for a name", "{\"agent\":\"echo'; DROP TABLE tasks; --\",\"input\":{}}"),
        ]
        var requests = bodies.map { Request(name: $0.0, bytes: post(credentials, Array($0.1.utf8))) }
        requests += [
            Request(
                name: "invalid UTF-8",
                bytes: post(credentials, Array("{\"agent\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8))),
            Request(
                name: "a raw NUL", bytes: post(credentials, Array("{\"agent\":\"e".utf8) + [0] + Array("\"}".utf8))),
            Request(name: "another media type", bytes: post(credentials, Array("<a/>".utf8), type: "text/xml")),
            Request(
                name: "a NUL in the input",
                bytes: post(credentials, Array("{\"agent\":\"echo\",\"input\":{\"message\":\"a\\u0000b\"}}".utf8)),
                mayBeTaken: true),
            Request(
                name: "a huge number in the input",
                bytes: post(credentials, Array("{\"agent\":\"echo\",\"input\":{\"message\":\"m\",\"n\":1e9999}}".utf8)),
                mayBeTaken: true),
        ]
        let lines = [
            ("a NUL in the path", "GET /task/%00 HTTP/1.1"), ("a broken escape in the path", "GET /task/%zz HTTP/1.1"),
            ("a path upwards", "GET /task/../../etc/passwd HTTP/1.1"),
            ("a query of nonsense", "GET /tasks?limit=-1&cursor=%ff%fe&status=%00 HTTP/1.1"),
            ("an unknown method", "BREW /task HTTP/1.1"), ("another protocol", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}"),
            ("an old protocol", "GET /task/x HTTP/0.9"),
        ]
        requests += lines.map { name, line in
            Request(
                name: name,
                bytes: Array("\(line)\r\nHost: tutti\r\nConnection: close\r\n\(credentials)\r\n\r\n".utf8))
        }
        return requests
    }

    private static func oversized(_ credentials: String) -> [Request] {
        let large = Array("{\"agent\":\"echo\",\"input\":{\"message\":\"".utf8)
        let filler = [UInt8](repeating: 0x61, count: 12_000_000)
        let long = String(repeating: "a", count: 1_000_000)
        return [
            Request(name: "a body of 12 MB", bytes: post(credentials, large + filler + Array("\"}}".utf8))),
            Request(
                name: "a body that says it has a terabyte", bytes: post(credentials, large, length: 1_000_000_000_000)),
            Request(
                name: "a header of a megabyte",
                bytes: Array("GET /tasks HTTP/1.1\r\nHost: tutti\r\nConnection: close\r\nX-Long: \(long)\r\n\r\n".utf8)),
            Request(
                name: "an address of a megabyte",
                bytes: Array("GET /tasks?cursor=\(long) HTTP/1.1\r\nHost: tutti\r\nConnection: close\r\n\r\n".utf8)),
            Request(
                name: "a key of a megabyte",
                bytes: post(
                    credentials, Array("{\"agent\":\"echo\",\"input\":{},\"idempotencyKey\":\"\(long)\"}".utf8))),
            Request(
                name: "ten thousand headers",
                bytes: Array(
                    ("GET /tasks HTTP/1.1\r\nHost: tutti\r\nConnection: close\r\n"
                        + String(repeating: "X-Many: y\r\n", count: 10_000) + "\r\n").utf8)),
        ]
    }
}

/// One kind of hostile request after the other.
struct RequestStorm: ChaosFault {
    let clients: HostileClients
    let daemon: DaemonProcess
    let requests: HostileClients.Kind
    let limit: Duration

    func begin() async throws { try await clients.send(requests, to: daemon, within: limit) }
}

/// Hundreds of clients that send a byte now and then, in heads and in bodies.
final class SlowClientFault: ChaosFault {
    private static let count = 150
    private static let pause: Duration = .milliseconds(400)

    private let daemon: DaemonProcess
    private let clients = Mutex<[SlowClients]>([])

    init(daemon: DaemonProcess) { self.daemon = daemon }

    func begin() async throws {
        let credentials = daemon.person.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\r\n")
        let head = "POST /task HTTP/1.1\r\nHost: tutti\r\n\(credentials)\r\n"
        let ways = [
            (head, "X-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            (
                head + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"agent\":\"echo\",",
                "\"input\":{\"a\":\"bbbbbbb"
            ),
        ]
        for (beginning, rest) in ways {
            // A daemon that is down has no slow clients.
            guard
                let opened = try? await SlowClients.open(
                    Self.count, host: daemon.host.address, port: daemon.port, beginning: Array(beginning.utf8),
                    rest: Array(rest.utf8), pause: Self.pause)
            else { continue }
            clients.withLock { $0.append(opened) }
        }
    }

    func end() async throws { for each in clients.withLock({ $0 }) { each.close() } }
}
