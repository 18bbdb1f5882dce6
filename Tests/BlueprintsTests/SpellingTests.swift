// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

/// What people write that Render's schema refuses, and that is plain enough to be understood.
@Suite struct SpellingTests {
    private func service(_ lines: String...) -> Blueprint {
        Blueprint.reading("services:\n  - name: a\n" + lines.map { "    \($0)\n" }.joined())
    }

    static let plans: [(written: String, value: JSONValue, code: String?)] = [
        ("starter", "starter", nil), ("Starter", "starter", "spelling"), ("pro plus", "pro_plus", nil),
        ("pro_plus", "pro_plus", "spelling"), ("Pro-Plus", "pro_plus", "spelling"), ("1c-2g", "1c-2g", nil),
        ("1C-2G", "1c-2g", "spelling"), ("huge", "huge", "unknown_plan"), ("startr", "startr", "unknown_plan"),
    ]

    @Test(arguments: plans) func `a plan is what the API calls it`(written: String, value: JSONValue, code: String?) {
        let blueprint = service("type: web", "runtime: docker", "plan: \(written)")
        #expect(blueprint.resources.first?.fields[.plan]?.value == value)
        #expect(blueprint.codes == [code].compactMap(\.self) && blueprint.isValid)
    }

    @Test func `a database's plan is spelt in every way that people do`() {
        for (written, isExact) in [
            ("basic-1gb", true), ("Basic-1gb", false), ("basic_1gb", false), ("BASIC 1GB", false),
        ] {
            let blueprint = Blueprint.reading("databases:\n- name: a\n  plan: \(written)\n")
            #expect(blueprint.resources.first?.fields[.plan]?.value == "basic_1gb")
            #expect(blueprint.codes == (isExact ? [] : ["spelling"]))
        }
    }

    @Test func `the older words for a runtime and for a static site are understood`() {
        let docker = service("type: web", "env: docker")
        #expect(docker.resources.first?.fields[.runtime]?.value == "docker" && docker.codes == ["older_spelling"])
        let sites = [
            ["type: web", "runtime: static"], ["type: web", "env: static"], ["type: static"], ["type: static_site"],
            ["type: Static"],
        ]
        for lines in sites {
            let site = Blueprint.reading(
                "services:\n  - name: a\n    staticPublishPath: dist\n" + lines.map { "    \($0)\n" }.joined())
            #expect(site.resources.first?.serviceType == .staticSite, "\(lines): \(site.told)")
            #expect(site.resources.first?.fields.mapValues(\.value) == [.publishPath: "dist"])
            #expect(site.isValid)
        }
        let both = service("type: web", "runtime: docker", "env: node")
        #expect(both.resources.first?.fields[.runtime]?.value == "docker")
        #expect(both.codes == ["older_spelling", "given_twice"] && both.isValid)
    }

    @Test func `a redis is a key value`() {
        for type in ["redis", "keyvalue", "KeyValue", "key_value"] {
            let blueprint = service("type: \(type)", "ipAllowList: []", "plan: Starter", "maxmemoryPolicy: allkeys_lru")
            #expect(blueprint.resources.first?.address == ResourceAddress(.keyValue, "a"))
            #expect(blueprint.resources.first?.fields[.maxmemoryPolicy]?.value == "allkeys_lru")
            #expect(blueprint.codes == (type == "keyvalue" ? ["spelling"] : ["older_spelling", "spelling"]))
        }
    }

    @Test func `deploying by itself has one form`() {
        for (written, value) in [("true", "commit"), ("false", "off"), ("yes", "commit"), ("off", "off")] {
            let blueprint = service("type: web", "runtime: docker", "autoDeploy: \(written)")
            #expect(blueprint.resources.first?.fields[.autoDeployTrigger]?.value == .string(value))
            #expect(blueprint.codes.first == "older_spelling" && blueprint.isValid)
        }
        for lines in [["autoDeploy: true", "autoDeployTrigger: off"], ["autoDeployTrigger: off", "autoDeploy: true"]] {
            let both = service("type: web", "runtime: docker", lines[0], lines[1])
            #expect(both.resources.first?.fields[.autoDeployTrigger]?.value == "off")
            #expect(Set(both.codes) == ["older_spelling", "given_twice"] && both.isValid)
        }
        let checks = service("type: web", "runtime: docker", "autoDeployTrigger: checks_pass")
        #expect(
            checks.resources.first?.fields[.autoDeployTrigger]?.value == "checksPass" && checks.codes == ["spelling"])
    }

    @Test func `one domain and several go together, each once`() {
        let blueprint = service("type: web", "runtime: docker", "domains: [b.com, a.com]", "domain: a.com")
        #expect(blueprint.resources.first?.fields[.domains]?.value == ["b.com", "a.com"])
        #expect(blueprint.told == [])
    }

    @Test func `previews of before are told of`() {
        let blueprint = Blueprint.reading("previewsEnabled: true\npreviewsExpireAfterDays: 3\nservices: []\n")
        #expect(
            blueprint.told == [
                "unsupported 1:1 previewsEnabled out_of_reach", "warning 1:1  no_resources",
                "unsupported 2:1 previewsExpireAfterDays out_of_reach",
            ])
    }

    @Test func `values of variables are what is written, and doubtful ones are warned of`() {
        let blueprint = service(
            "type: web", "runtime: docker", "envVars:", "- {key: A, value: true}", "- {key: B, value: 14}",
            "- {key: C, value: 3.10}", "- {key: D, value: 'true'}", "- {key: E, value: }",
            "- {key: F, value: __REPLACE__}")
        #expect(
            blueprint.resources.first?.environment.map(\.source) == [
                .literal(Secret("true")), .literal(Secret("14")), .literal(Secret("3.10")), .literal(Secret("true")),
                .literal(Secret("")), .entered,
            ])
        #expect(
            blueprint.diagnostics.map { "\($0.severity.rawValue) \($0.code) \($0.path)" } == [
                "warning unquoted_text services[0].envVars[0].value",
                "warning unquoted_text services[0].envVars[2].value",
                "warning empty_field services[0].envVars[4].value",
            ])
    }

    @Test func `switches are taken in the words that people have for them`() {
        for (word, value) in [
            ("true", true), ("yes", true), ("on", true), ("False", false), ("no", false), ("'off'", false),
        ] {
            let blueprint = Blueprint.reading("databases:\n- name: a\n  highAvailability: {enabled: \(word)}\n")
            #expect(blueprint.resources.first?.fields[.highAvailability]?.value == .bool(value))
            #expect(blueprint.codes == (["true", "False"].contains(word) ? [] : ["spelling"]))
        }
    }

    @Test func `the API's names in a render.yaml are understood, and named as Render has them`() {
        let blueprint = service("type: static", "publishPath: dist")
        #expect(blueprint.resources.first?.fields[.publishPath]?.value == "dist")
        #expect(blueprint.codes == ["spelling", "other_dialect"])
        #expect(blueprint.diagnostics.last?.message.contains("`staticPublishPath`") == true)
        let address = service("type: web", "runtime: docker", "ipAllowList: [{cidrBlock: 10.0.0.0/8}]")
        #expect(
            address.resources.first?.fields[.ipAllowList]?.value == [["cidrBlock": "10.0.0.0/8", "description": ""]])
        #expect(address.codes == ["other_dialect"])
    }

    @Test func `a version of PostgreSQL is text`() {
        let blueprint = Blueprint.reading("databases:\n- name: a\n  postgresMajorVersion: 16\n")
        #expect(blueprint.resources.first?.fields[.version]?.value == "16")
        #expect(blueprint.codes == ["unquoted_text"])
    }
}
