// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Testing

/// Mistakes, each with the place where it is told.
@Suite struct MistakeTests {
    /// A service `a` of type web with the lines behind it, which begin in line 4.
    static func service(_ lines: String) -> String { "services:\n- name: a\n  type: web\n" + lines }

    static let mistakes: [(file: String, told: [String])] = [
        ("hello", ["error 1:1  wrong_type"]),
        ("- a\n", ["error 1:1  wrong_type"]),
        ("services: {}\n", ["error 1:11 services wrong_type"]),
        ("services: [1]\n", ["error 1:12 services[0] wrong_type"]),
        ("version: '2'\ndatabases: [{name: a}]\n", ["error 1:10 version wrong_value"]),
        ("service: []\ndatabases: [{name: a}]\n", ["error 1:1 service unknown_field"]),
        (
            "services:\n- runtime: docker\n",
            ["error 2:3 services[0].type missing_field", "error 2:3 services[0].name missing_field"]
        ),
        ("services:\n- {type: wbe, name: a, runtime: docker}\n", ["error 2:10 services[0].type wrong_value"]),
        (service("  runtime: nerd\n"), ["error 4:12 services[0].runtime wrong_value"]),
        (service("  plan: free\n"), ["error 2:3 services[0].runtime missing_field"]),
        (service("  runtime: image\n"), ["error 2:3 services[0].image missing_field"]),
        (service("  runtime: image\n  image: {}\n"), ["error 5:10 services[0].image.url missing_field"]),
        (service("  runtime: static\n"), ["error 2:3 services[0].staticPublishPath missing_field"]),
        (service("  runtime: docker\n  numInstances: two\n"), ["error 5:17 services[0].numInstances wrong_type"]),
        (service("  runtime: docker\n  numInstances: 010\n"), ["error 5:17 services[0].numInstances wrong_type"]),
        (service("  runtime: docker\n  numInstances: 0\n"), ["error 5:17 services[0].numInstances wrong_value"]),
        (service("  runtime: docker\n  plan:\n"), ["error 5:8 services[0].plan empty_field"]),
        (service("  runtime: docker\n  region: paris\n"), ["error 5:11 services[0].region wrong_value"]),
        (service("  runtime: docker\n  buildComand: x\n"), ["error 5:3 services[0].buildComand unknown_field"]),
        (service("  runtime: docker\n  buildCommand: [a]\n"), ["error 5:17 services[0].buildCommand wrong_type"]),
        (
            service("  runtime: docker\n  scaling: {minInstances: 3, maxInstances: 2, targetCPUPercent: 95}\n"),
            [
                "error 5:3 services[0].scaling scaling_bounds", "error 5:3 services[0].scaling missing_field",
                "error 5:65 services[0].scaling.targetCPUPercent wrong_value",
            ]
        ),
        (
            service("  runtime: docker\n  plan: free\n  disk: {name: d}\n"),
            ["error 6:9 services[0].disk.mountPath missing_field"]
        ),
        (
            service("  runtime: docker\n  numInstances: 2\n  disk: {name: d, mountPath: /d}\n"),
            ["error 5:3 services[0].numInstances scaling_bounds"]
        ),
        (
            service("  runtime: docker\n  schedule: '* * * * *'\n"),
            ["unsupported 5:3 services[0].schedule field_not_for_type"]
        ),
        (
            "services:\n- {type: worker, name: a, runtime: docker, plan: free}\n",
            ["error 2:44 services[0].plan plan_not_for_type"]
        ),
        ("services:\n- {type: cron, name: a, runtime: docker}\n", ["error 2:3 services[0].schedule missing_field"]),
        ("services:\n- {type: keyvalue, name: a}\n", ["error 2:3 services[0].ipAllowList missing_field"]),
        (
            "services:\n- {type: worker, name: a, runtime: static}\n",
            ["error 2:10 services[0].type wrong_value"]
        ),
        ("databases:\n- {name: a, diskSizeGB: 7}\n", ["error 2:13 databases[0].diskSizeGB disk_size"]),
        ("databases:\n- {name: a/b}\n", ["error 2:10 databases[0].name bad_name"]),
        ("databases:\n- {name: ä}\n", ["warning 2:10 databases[0].name bad_name"]),
        ("databases:\n- {name: a}\n- {name: a}\n", ["error 3:10 databases[1].name duplicate_name"]),
        (
            "services:\n- {type: web, name: a, runtime: docker}\n- {type: keyvalue, name: a, ipAllowList: []}\n",
            ["error 3:26 services[1].name duplicate_name"]
        ),
        ("envVarGroups:\n- {name: a}\n", ["error 2:3 envVarGroups[0].envVars missing_field"]),
        ("projects:\n- {environments: []}\n", ["error 2:3 projects[0].name missing_field"]),
        (
            "projects:\n- name: p\n  environments: [{name: e, networking: {isolation: maybe}}, {name: e}]\n",
            [
                "error 3:52 projects[0].environments[0].networking.isolation wrong_value",
                "error 3:68 projects[0].environments[1].name duplicate_name",
            ]
        ),
        (
            "buildSources:\n- {name: a, git: {repo: x, tag: 1}}\n",
            [
                "unsupported 1:1 buildSources out_of_reach", "error 2:18 buildSources[0].git.runtime missing_field",
                "error 2:28 buildSources[0].git.tag unknown_field",
            ]
        ),
        ("services: []\n", ["warning 1:1  no_resources"]),
        (service("  runtime: docker\n  ipAllowList:\n"), ["error 5:15 services[0].ipAllowList empty_field"]),
        ("databases:\n- {name: a, readReplicas: ~}\n", ["error 2:27 databases[0].readReplicas empty_field"]),
        (service("  runtime: docker\n  previews:\n"), ["warning 5:12 services[0].previews empty_field"]),
        (
            "services:\n- {type: web_service, name: a, runtime: docker, ipAllowList: [{description: x}]}\n",
            ["error 2:63 services[0].ipAllowList[0].cidrBlock missing_field"]
        ),
        (
            "services:\n- {type: web_service, name: a, runtime: docker, serviceDetails: {serviceDetails: {plan: pro}}}\n",
            ["error 2:66 services[0].serviceDetails.serviceDetails unknown_field"]
        ),
        (
            "services:\n- {type: key_value, name: a, serviceDetails: {ipAllowList: [], plan: pro}, plan: free}\n"
                + "- {type: web_service, name: b, runtime: docker}\n",
            ["error 2:76 services[0].plan given_twice"]
        ),
        (
            "services:\n- {type: key_value, name: a, plan: free, serviceDetails: {ipAllowList: [], plan: pro}}\n"
                + "- {type: web_service, name: b, runtime: docker}\n",
            ["error 2:76 services[0].serviceDetails.plan given_twice"]
        ),
    ]

    @Test(arguments: mistakes) func `a mistake is told where it stands`(file: String, told: [String]) {
        #expect(Blueprint.reading(file).told.sorted() == told.sorted())
    }

    /// A service with variables, each of which stands in its line from 6 on.
    static func variables(_ lines: String...) -> String {
        service("  runtime: docker\n  envVars:\n" + lines.map { "  - {\($0)}\n" }.joined())
    }

    static let variableMistakes: [(file: String, told: [String])] = [
        (variables("value: x"), ["error 6:5 services[0].envVars[0].key missing_field"]),
        (variables("key: A"), ["error 6:5 services[0].envVars[0] no_source"]),
        (variables("key: A, value: x, sync: false"), ["error 6:5 services[0].envVars[0] value_and_sync"]),
        (variables("key: A, value: x, generateValue: true"), ["error 6:5 services[0].envVars[0] several_sources"]),
        (variables("key: A, generateValue: false"), ["error 6:5 services[0].envVars[0] no_source"]),
        (variables("key: A, sync: true"), ["error 6:5 services[0].envVars[0] no_source"]),
        (variables("key: A, value: [x]"), ["error 6:21 services[0].envVars[0].value wrong_type"]),
        (variables("key: 1A, value: x"), ["error 6:11 services[0].envVars[0].key bad_key"]),
        (variables("key: A=x, value: x"), ["error 6:11 services[0].envVars[0].key bad_key"]),
        (variables("key: A, valeu: x"), ["error 6:14 services[0].envVars[0].valeu unknown_field"]),
        (variables("key: A, value: x", "key: A, value: y"), ["error 7:5 services[0].envVars[1] duplicate_variable"]),
        (variables("key: A, fromGroup: g"), ["error 6:5 services[0].envVars[0] several_sources"]),
        (variables("fromGroup: g"), ["warning 6:6 services[0].envVars[0].fromGroup not_in_file"]),
        (
            variables("key: A, fromDatabase: {name: d}"),
            [
                "error 6:28 services[0].envVars[0].fromDatabase.property missing_field"
            ]
        ),
        (
            variables("key: A, fromDatabase: {name: d, property: url}"),
            [
                "error 6:48 services[0].envVars[0].fromDatabase.property wrong_value"
            ]
        ),
        (
            variables("key: A, fromDatabase: {name: d, property: host}"),
            [
                "warning 6:14 services[0].envVars[0].fromDatabase not_in_file"
            ]
        ),
        (
            variables("key: A, fromService: {name: b, type: web}"),
            [
                "error 6:27 services[0].envVars[0].fromService missing_field"
            ]
        ),
        (
            variables("key: A, fromService: {name: b, type: web, property: host, envVarKey: B}"),
            [
                "error 6:27 services[0].envVars[0].fromService several_sources"
            ]
        ),
        (
            variables("key: A, fromService: {name: b, type: web, property: host}"),
            [
                "warning 6:14 services[0].envVars[0].fromService not_in_file"
            ]
        ),
        (
            variables("key: A, fromService: {name: b, type: worker, property: host}"),
            [
                "warning 6:14 services[0].envVars[0].fromService not_in_file",
                "error 6:14 services[0].envVars[0].fromService.property wrong_value",
            ]
        ),
        (
            variables("key: A, fromService: {name: a, type: web, property: connectionString}"),
            [
                "error 6:14 services[0].envVars[0].fromService.property wrong_value"
            ]
        ),
        (
            variables("key: A, fromService: {name: a, type: web, envVarKey: A}"),
            [
                "error 6:14 services[0].envVars[0].fromService self_reference"
            ]
        ),
        (variables("key: A, fromService: {name: a, type: web, envVarKey: RENDER_EXTERNAL_URL}"), []),
        (service("  runtime: docker\n  envVars: [A=b]\n"), ["error 5:13 services[0].envVars[0] wrong_type"]),
        (service("  runtime: docker\n  envVars: A=b\n"), ["error 5:12 services[0].envVars wrong_type"]),
        (
            "envVarGroups:\n- {name: g, envVars: [{key: A, fromDatabase: {name: d, property: host}}]}\n",
            [
                "error 2:32 envVarGroups[0].envVars[0].fromDatabase reference_in_group"
            ]
        ),
        (
            "envVarGroups:\n- {name: g, envVars: [{fromGroup: h}]}\n",
            [
                "error 2:24 envVarGroups[0].envVars[0].fromGroup reference_in_group",
                "error 2:23 envVarGroups[0].envVars[0].key missing_field",
            ]
        ),
        (
            "envVarGroups:\n- {name: g, envVars: [{key: A, sync: false}]}\n",
            [
                "warning 2:32 envVarGroups[0].envVars[0].sync entered_in_group"
            ]
        ),
    ]

    @Test(arguments: variableMistakes) func `a mistake in a variable is told where it stands`(
        file: String, told: [String]
    ) {
        #expect(Blueprint.reading(file).told.sorted() == told.sorted())
    }

    @Test func `what was probably meant is asked for`() {
        let meant = [
            ("service: []\n", "`services`"), (Self.service("  runtime: dokcer\n"), "`docker`"),
            (Self.service("  runtime: docker\n  buildComand: x\n"), "`buildCommand`"),
            (Self.service("  runtime: docker\n  health_check_path: x\n"), "`healthCheckPath`"),
            (Self.service("  runtime: docker\n  plan: startr\n"), "`starter`"),
            (Self.service("  runtime: docker\n  region: frankfrut\n"), "`frankfurt`"),
            ("services:\n- {type: pserve, name: a, runtime: docker}\n", "`pserv`"),
        ]
        for (file, word) in meant {
            let messages = Blueprint.reading(file).diagnostics.map(\.message)
            #expect(messages.contains { $0.contains("Did you mean \(word)?") }, "\(messages)")
        }
    }

    @Test func `no message has a value in it, wherever it has slipped to`() {
        let secret = "hunter2$ecret"
        let slips = [
            "key: A, value: [\(secret)]", "key: A, value: {\(secret): 1}", "key: A=\(secret)", "\(secret): 1",
            "key: A, sync: \(secret)", "key: A, generateValue: \(secret)", "key: A, value: \(secret), sync: false",
            "key: A, fromDatabase: \(secret)", "key: A, fromService: {name: b, type: \(secret), property: host}",
            "key: A, fromDatabase: {name: d, property: \(secret)}", "key: A, value: \(secret), valeu: \(secret)",
            "key: A, previewValue: \(secret)", "key: A, value: \(secret)}\n  - {key: A, value: \(secret)",
        ]
        let files =
            slips.map { Self.variables($0) } + [
                Self.service("  runtime: docker\n  envVars: \(secret)\n"),
                Self.service("  runtime: docker\n  env: {\(secret): 1, A: [\(secret)], B: {\(secret): 2}}\n"),
                Self.service("  runtime: docker\n  envVars: {A: \(secret), A: \(secret)}\n"),
            ]
        for file in files {
            let blueprint = Blueprint.reading(file)
            #expect(!blueprint.diagnostics.isEmpty)
            for diagnostic in blueprint.diagnostics { #expect(!"\(diagnostic)".contains(secret), "\(file)") }
        }
    }
}
