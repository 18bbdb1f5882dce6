// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

/// What a file may be as YAML.
@Suite struct YAMLTests {
    /// A service that is right, to stand before or behind what is not.
    static let service = "services:\n- {type: web, name: a, runtime: docker}\n"

    static let refusals: [(text: String, told: String)] = [
        ("", "error 1:1  empty_file"),
        ("# nothing\n\n", "error 3:1  empty_file"),
        (service + "---\n" + service, "error 3:1  second_document"),
        ("services: []\nservices: []\n", "error 2:1  duplicate_key"),
        ("version: '1'\nprevious: {a: 1, b: 2, a: 3}\nversion: '2'\n", "error 2:24  duplicate_key"),
        ("services: *none\n", "error 1:11  unknown_alias"),
        ("services: &a [*a]\n", "error 1:15  alias_of_itself"),
        ("databases:\n- <<: [1]\n  name: a\n", "error 2:7  bad_merge"),
        ("databases:\n- name: !!python/object:os.system a\n", "error 2:9  unknown_tag"),
        ("databases:\n- name: !secret a\n", "error 2:9  unknown_tag"),
        ("? [a]\n: 1\n", "error 1:3  key_not_text"),
        ("services:\n\t- a\n", "error 2:1  tab"),
        ("services:\n- type: web\n   name: a\n", "error 3:8  yaml_syntax"),
        ("a: \"\n", "error 2:1  yaml_syntax"),
        ("a: \u{0}\n", "error 1:4  control_character"),
        ("é: 1\nb: \u{7}\n", "error 2:4  control_character"),
        ("a: b\u{9D}\n", "error 1:5  control_character"),
        ("a: b\u{FFFE}\n", "error 1:5  control_character"),
    ]

    @Test(arguments: refusals) func `what is no proper document is refused where it is wrong`(
        text: String, told: String
    ) {
        let blueprint = Blueprint.reading(text)
        #expect(blueprint.told.contains(told), "\(blueprint.told)")
        #expect(!blueprint.isValid)
    }

    static let notUTF8: [(bytes: [UInt8], column: Int)] = [
        ([0x61, 0x3A, 0x20, 0xFF], 4), ([0xC3, 0xA9, 0xC3], 2), ([0x61, 0xC0, 0x80], 2), ([0xE0, 0x80, 0x80], 1),
        ([0xED, 0xA0, 0x80], 1), ([0xF0, 0x80, 0x80, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF5, 0x80], 1),
        ([0xE2, 0x82], 1), ([0x80], 1),
    ]

    @Test(arguments: notUTF8) func `what is not UTF-8 is refused at its first byte`(bytes: [UInt8], column: Int) {
        let blueprint = Blueprint.read(Array("a: b\n".utf8) + bytes)
        #expect(blueprint.told == ["error 2:\(column)  not_utf8"])
    }

    @Test func `what is well-formed is UTF-8 for us as for everybody`() {
        let text = "# \u{80}".replacing(
            "\u{80}", with: "\u{A0}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{10FFFF}é")
        #expect(Blueprint.reading(text + "\n" + Self.service).told == [])
    }

    @Test func `lines are counted as editors count them`() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["# \u{85} \u{2028} one", "services: []", "wrong: 1"].joined(separator: end)
            // libyaml ends the comment at U+0085, so what is behind it is no YAML; to an editor it is still one line.
            #expect(Blueprint.reading(text).told == ["error 2:9  yaml_syntax"])
            let clean = ["# one", "services: []", "wrong: 1"].joined(separator: end)
            #expect(Blueprint.reading(clean).told == ["error 3:1 wrong unknown_field"])
        }
        #expect(Blueprint.reading("\u{FEFF}wrong: 1\n").told == ["error 1:1 wrong unknown_field"])
    }

    @Test func `columns are counted in scalars`() {
        let blueprint = Blueprint.reading(
            "services: [{type: web, name: \"äöü😀\", runtime: docker, plan: 1, wrong: 2}]\n")
        #expect(blueprint.told.last == "error 1:64 services[0].wrong unknown_field")
    }

    @Test func `aliases and merge keys become what they stand for`() throws {
        let blueprint = Blueprint.reading(
            """
            services:
              - &base
                type: worker
                name: first
                runtime: docker
                plan: starter
                envVars: &vars
                  - &level
                    key: LEVEL
                    value: info
                  - key: OWN
                    value: "1"
              - <<: *base
                name: second
                plan: standard
              - <<: [{plan: pro}, *base]
                name: third
                envVars:
                  - *level
            """)
        #expect(blueprint.told == [])
        #expect(blueprint.resources.map(\.address.name) == ["first", "second", "third"])
        #expect(blueprint.resources.map { $0.fields[.plan]?.value } == ["starter", "standard", "pro"])
        #expect(blueprint.resources.map { $0.environment.count } == [2, 2, 1])
        // What is merged stands where it was written.
        #expect(blueprint.resources[1].fields[.runtime]?.position == SourcePosition(line: 5, column: 5))
        #expect(blueprint.resources[1].fields[.plan]?.position == SourcePosition(line: 15, column: 5))
    }

    @Test func `tags of YAML itself change nothing but what is text`() throws {
        let blueprint = Blueprint.reading(
            """
            services: !!seq
              - !!map
                type: !!str web
                name: !!str 12
                runtime: ! docker
                numInstances: !!int 2
                dockerCommand: !!str null
            """)
        #expect(blueprint.told == [])
        let service = try #require(blueprint.resources.first)
        #expect(service.address.name == "12" && service.fields[.dockerCommand]?.value == "null")
    }

    @Test func `a block keeps the meaning that YAML gives it, and nothing is filled in`() throws {
        let blueprint = Blueprint.reading(
            """
            services:
              - type: web
                name: a
                runtime: docker
                dockerCommand: >-
                  ./serve
                  --port $PORT

                  --host "${HOST}"
                preDeployCommand: |+
                  one
                    two


            """)
        #expect(blueprint.told == [])
        let fields = try #require(blueprint.resources.first).fields
        #expect(fields[.dockerCommand]?.value == "./serve --port $PORT\n--host \"${HOST}\"")
        #expect(fields[.preDeployCommand]?.value == "one\n  two\n\n")
    }

    @Test func `source text is what it was where text is wanted`() throws {
        let values = [
            "off", "3.10", "010", "yes", "1_000", "0x1F", "1e3", "2026-11-22", "12:30:45", "~user", "+1", ".5",
        ]
        let lines = values.enumerated().map { "      - {key: K\($0.offset), value: \($0.element)}" }
        let blueprint = Blueprint.reading(
            "services:\n  - type: web\n    name: a\n    runtime: docker\n    branch: 3.10\n    rootDir: 010\n    envVars:\n"
                + lines.joined(separator: "\n"))
        #expect(blueprint.isValid)
        let service = try #require(blueprint.resources.first)
        #expect(service.environment.map(\.source) == values.map { .literal(Secret($0)) })
        #expect(service.fields[.branch]?.value == "3.10" && service.fields[.rootDir]?.value == "010")
        let doubtful = blueprint.diagnostics.filter { $0.code == "unquoted_text" }.map(\.path)
        #expect(doubtful.contains("services[0].branch") && doubtful.contains("services[0].envVars[1].value"))
        #expect(
            !doubtful.contains("services[0].envVars[0].value") && !doubtful.contains("services[0].envVars[7].value"))
    }
}
