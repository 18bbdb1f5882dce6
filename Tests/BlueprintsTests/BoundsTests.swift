// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Testing

/// However large or crooked a file is, reading it ends soon.
@Suite(.serialized) struct BoundsTests {
    private func read(_ text: String, within limit: Duration = .seconds(3)) -> Blueprint {
        let clock = ContinuousClock()
        var blueprint: Blueprint?
        let time = clock.measure { blueprint = Blueprint.reading(text) }
        #expect(time < limit)
        return blueprint ?? Blueprint.reading("")
    }

    private func times(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined() }

    @Test func `a file of more than a mebibyte is not read`() {
        let blueprint = read(times((1 << 20) / 10 + 1) { _ in "# comment\n" })
        #expect(blueprint.told == ["error 1:1  file_too_large"])
    }

    @Test func `aliases of aliases are counted as what they stand for`() {
        let laughs =
            "a0: &a0 [1]\n"
            + times(20) { level in
                "a\(level + 1): &a\(level + 1) [\(String(repeating: "*a\(level), ", count: 9))]\n"
            }
        #expect(read(laughs).codes.contains("too_many_nodes"))
        let doubling = "a0: &a0 [1, 1]\n" + times(40) { "a\($0 + 1): &a\($0 + 1) [*a\($0), *a\($0)]\n" }
        #expect(read(doubling).codes.contains("too_many_nodes"))
        let merging =
            "a0: &a0 {k: 1}\n" + times(40) { "a\($0 + 1): &a\($0 + 1) {x: *a\($0), <<: *a\($0), y: *a\($0)}\n" }
        #expect(read(merging).codes.contains("too_many_nodes"))
    }

    @Test func `nesting has an end`() {
        #expect(read("services: " + times(500) { _ in "[" }).codes == ["too_deep"])
        // So many that libyaml, which looks ahead, says it first.
        #expect(read("services: " + times(5000) { _ in "[" }).codes == ["yaml_syntax"])
        #expect(read(times(5000) { "\(String(repeating: " ", count: $0 % 100))a:\n" }).isValid == false)
        #expect(read(times(20_000) { _ in "- " }).codes == ["too_deep"])
        #expect(read(times(20_000) { _ in "{a: " }).codes == ["too_deep"])
    }

    @Test func `directives, anchors and tags do not pile up`() {
        #expect(read(times(50_000) { "%TAG !a\($0)! b\n" } + "--- 1\n").codes == ["too_many_directives"])
        #expect(!read(times(50_000) { "- &a\($0) !!str x\n" }).isValid)
        #expect(read(times(50_000) { "- !x\($0) x\n" }).diagnostics.count < 200)
    }

    @Test func `a file that is wrong in every line is told of in some of them`() {
        let blueprint = read(times(50_000) { "k\($0): 1\n" })
        #expect(blueprint.diagnostics.count == 501)
        #expect(blueprint.diagnostics.last?.code == "too_many_problems")
        #expect(blueprint.diagnostics.last?.message.contains("49500") == true)
    }

    @Test func `a mebibyte of variables is read in well under a second`() throws {
        let head = "services:\n- type: web\n  name: a\n  runtime: docker\n  envVars:\n"
        let variables = times(25_000) { "  - key: KEY_\($0)\n    value: value \($0)\n" }
        let text = head + variables
        #expect(text.utf8.count > 1_000_000 && text.utf8.count <= 1 << 20, "\(text.utf8.count)")
        let blueprint = read(text)
        #expect(blueprint.diagnostics == [])
        #expect(blueprint.resources.first?.environment.count == 25_000)
    }

    @Test func `a mebibyte of services is read in well under a second`() {
        let text =
            "services:\n"
            + times(13_000) { "- {type: web, name: service-\($0), runtime: docker, plan: free, repo: x}\n" }
        #expect(text.utf8.count < 1 << 20)
        let blueprint = read(text)
        #expect(blueprint.diagnostics == [])
        #expect(blueprint.resources.count == 13_000)
    }
}
