// SPDX-License-Identifier: Apache-2.0

import Fuzzing
import Testing

/// Inputs larger than the fuzzer makes: four times the size may take four times as long, but not sixteen times. One after
/// the other, as all of them only compute, and other tests wait for answers meanwhile.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LargeInputTests {
    /// A shape of input that can be made in any size.
    struct Shape: Sendable, CustomTestStringConvertible {
        let target: String
        let testDescription: String
        let make: @Sendable (Int) -> [UInt8]

        init(_ target: String, _ description: String, bytes: @escaping @Sendable (Int) -> [UInt8]) {
            self.target = target
            testDescription = "\(target): \(description)"
            make = bytes
        }

        init(_ target: String, _ description: String, _ make: @escaping @Sendable (Int) -> String) {
            self.init(target, description, bytes: { Array(make($0).utf8) })
        }
    }

    private static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

    private static func list(_ count: Int, _ open: String, _ close: String, _ item: (Int) -> String) -> String {
        open + (0..<count).map(item).joined(separator: ",") + close
    }

    private static func frames(_ count: Int, _ head: [UInt8]) -> [UInt8] {
        Array((0..<count).map { _ in head + [0x80, 0, 0, 0, 0] }.joined())
    }

    private static let frame = #"{"level":"info","service":"s","message":"m","fields":{"a":1}}"#

    static let shapes = [
        Shape("buildlog", "lines that match") { "|a|b\n" + times($0, "sh: 1: vite: not found\n") },
        Shape("buildlog", "one line of escapes") { "|a|b\n" + times($0, "\u{1B}[31m ==> not found ") },
        Shape("json", "a list of numbers") { list($0, "[", "]") { "\($0)" } },
        Shape("json", "an object of many members") { list($0, "{", "}") { "\"name\($0)\":\($0)" } },
        Shape("json", "one long number") { times($0 * 4, "7") },
        Shape("json", "one long fraction") { "0." + times($0 * 4, "0") + "1" },
        Shape("json", "a text of escapes") { "\"" + times($0, #"\u00e9\n"#) + "\"" },
        Shape("json", "a text that does not end") { "\"" + times($0 * 4, #"\\"#) },
        Shape("json", "brackets that do not close") { times($0 * 4, "[") },
        Shape("json", "a text of combining marks") { "\"e" + times($0 * 2, "\u{301}") + "\"" },
        Shape("logs", "many lines") { times($0 / 8, frame + "\n") },
        Shape("logs", "many blank lines") { times($0 * 4, " \n") },
        Shape("logs", "a list of frames") { list($0 / 8, "[", "]") { _ in frame } },
        Shape("logs", "a list of what is no frame") { list($0, "[", "]") { "{\"a\":\($0)}" } },
        Shape("logs", "a list that does not close") { "[" + times($0, "{\"level\":") },
        Shape("logs", "fields of many members") { count in
            list(count, #"{"level":"info","service":"s","message":"m","fields":{"#, "}}") { "\"n\($0)\":0" }
        },
        Shape("schema", "many properties") { list($0 / 8, #"{"properties":{"#, "}}\n{}") { "\"p\($0)\":{}" } },
        Shape("schema", "a list that must be unique") { list($0, "{\"uniqueItems\":true}\n[", "]") { "\($0)" } },
        Shape("schema", "a pattern on a long text") { "\"^(a|aa)+$\"\n\"" + times($0 / 4, "a") + "!\"" },
        Shape("schema", "nested groups of a pattern") { "\"" + times($0, "(") + "\"\n1" },
        Shape("schema", "a long value of a format") { "{\"format\":\"uri\"}\n\"https://" + times($0, "a.") + "\"" },
        Shape("api", "a query of many items") { "listTasks\n" + times($0, "a=%20&") },
        Shape("api", "a value of many percent sequences") { "none\na=" + times($0, "%c3%a9") },
        Shape("api", "a body of unknown members") { list($0, "createTask\n\n\n{", "}") { "\"n\($0)\":0" } },
        Shape("hooks", "places that do not close") { "\"" + times($0, "{{/a") + "\"\n" },
        Shape("hooks", "places with many question marks") { "\"{{" + times($0, "?") + "}}\"\n" },
        Shape("hooks", "a body filled in") { list($0 / 8, "\"{{}}\"\n\n[", "]") { "\($0)" } },
        Shape("hooks", "many signatures") { "1\nwebhook-signature: " + times($0, "v1,AAAA ") },
        Shape("headers", "a name with many slashes") { times($0, "/~0") },
        Shape("headers", "many addresses") { times($0, "10.0.0.1, ") },
        Shape("headers", "many digits") { times($0 * 4, "0") },
        Shape("headers", "a fraction of a second") { "2026-11-21T05:00:00." + times($0 * 4, "9") + "Z" },
        Shape("streams", "many events") { times($0, "data:a\n\n") },
        Shape("streams", "many fields") { times($0, "id:\n") },
        Shape("blueprint", "many services") { count in
            "services:\n" + (0..<count).map { "- {type: web, name: s\($0), runtime: docker}\n" }.joined()
        },
        Shape("blueprint", "many variables") { count in
            "services:\n- type: web\n  name: a\n  runtime: docker\n  envVars:\n"
                + (0..<count).map { "  - {key: K\($0), value: \($0)}\n" }.joined()
        },
        Shape("blueprint", "many references") { count in
            "services:\n- type: web\n  name: a\n  runtime: docker\n  envVars:\n"
                + (0..<count).map { "  - {key: K\($0), fromService: {name: a, type: web, envVarKey: K\($0)}}\n" }
                .joined()
        },
        Shape("blueprint", "many references in a chain") { count in
            let variables = (0..<count).map {
                "  - {key: K\($0), fromService: {name: b, type: web, envVarKey: K\($0 + 1)}}\n"
            }.joined()
            let service = "  type: web\n  runtime: docker\n  envVars:\n" + variables
            return "services:\n- name: a\n" + service + "- name: b\n" + service
        },
        Shape("blueprint", "many groups") { count in
            "services:\n- type: web\n  name: a\n  runtime: docker\n  envVars:\n"
                + (0..<count).map { "  - fromGroup: g\($0)\n" }.joined()
        },
        Shape("blueprint", "many domains") { count in
            "services:\n- type: web\n  name: a\n  runtime: docker\n  domain: d\n  domains: "
                + list(count, "[", "]") { "d\($0)" } + "\n"
        },
        Shape("blueprint", "many unknown keys") { count in (0..<count).map { "k\($0): 1\n" }.joined() },
        Shape("blueprint", "many anchors") { count in
            "a:\n" + (0..<count).map { "- &a\($0) x\n- *a\($0)\n" }.joined()
        },
        Shape("blueprint", "a block that does not end") { "services: |\n" + times($0, "  a\n\n") },
        Shape("blueprint", "lists within lists") { "services: " + times($0, "[") },
        Shape("cron", "a long list") { times($0, "1,") + " * * * *" },
        // Frames of no bytes, masked with zeros.
        Shape("websocket", "many messages", bytes: { frames($0, [0x81]) }),
        Shape("websocket", "many pings", bytes: { frames($0, [0x89]) }),
        Shape("websocket", "many fragments", bytes: { frames(1, [0x01]) + frames($0, [0x00]) }),
    ]

    @Test(arguments: shapes) func `the time grows with the size and no faster`(shape: Shape) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == shape.target })
        let (small, large) = (try time(shape, 2000, target), try time(shape, 8000, target))
        #expect(large < small * 9 + .milliseconds(20), "\(small) for a quarter of what took \(large)")
    }

    /// The least of three, so that a cold start does not count.
    private func time(_ shape: Shape, _ size: Int, _ target: FuzzTarget) throws -> Duration {
        let input = shape.make(size)
        return try (0..<3).map { _ in
            let start = FuzzTarget.processorTime()
            try target.run(input)
            return FuzzTarget.processorTime() - start
        }.min() ?? .zero
    }
}
