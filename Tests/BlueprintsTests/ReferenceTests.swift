// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Testing

/// What references refer to within the file.
@Suite struct ReferenceTests {
    /// A service `a` with references, each of which stands in its line from 6 on, a private service, a site and a cache.
    private func file(_ references: String...) -> Blueprint {
        Blueprint.reading(
            "services:\n- name: a\n  type: web\n  runtime: docker\n  envVars:\n"
                + references.enumerated().map { "  - {key: K\($0.offset), \($0.element)}\n" }.joined()
                    + """
                    - {type: pserv, name: back, runtime: docker, envVars: [{key: TOKEN, generateValue: true}]}
                    - {type: web, name: site, runtime: static, staticPublishPath: dist}
                    - {type: keyvalue, name: cache, ipAllowList: []}
                    databases:
                    - {name: store}
                    """)
    }

    private func sources(_ blueprint: Blueprint) -> [EnvironmentSource] {
        blueprint.resource(at: ResourceAddress(.service, "a"))?.environment.map(\.source) ?? []
    }

    @Test func `a reference is what the file says of its target`() {
        let blueprint = file(
            "fromService: {name: cache, type: keyvalue, property: connectionString}",
            "fromService: {name: cache, type: redis, property: port}",
            "fromService: {name: back, type: pserv, property: hostport}",
            "fromService: {name: back, type: pserv, envVarKey: TOKEN}",
            "fromService: {name: site, type: web, property: host}",
            "fromService: {name: a, type: web, envVarKey: RENDER_EXTERNAL_URL}")
        #expect(blueprint.told == [])
        #expect(
            sources(blueprint) == [
                .reference(.keyValue(name: "cache", property: .connectionString)),
                .reference(.keyValue(name: "cache", property: .port)),
                .reference(.service(name: "back", type: .privateService, property: .hostport)),
                .reference(.serviceVariable(name: "back", type: .privateService, key: "TOKEN")),
                .reference(.service(name: "site", type: .staticSite, property: .host)),
                .reference(.serviceVariable(name: "a", type: .webService, key: "RENDER_EXTERNAL_URL")),
            ])
    }

    @Test func `a reference of another type, of none or of the older kind is mended with a warning`() {
        let blueprint = file(
            "fromService: {name: back, type: worker, property: host}",
            "fromService: {name: cache, type: pserv, property: connectionString}",
            "fromService: {name: cache, property: host}", "fromService: {name: back, envVarKey: TOKEN}",
            "fromService: {name: back, type: keyvalue, property: host}",
            "fromService: {name: store, type: dpg, property: password}")
        #expect(blueprint.isValid)
        #expect(
            blueprint.codes == [
                "reference_type", "reference_type", "missing_field", "missing_field", "reference_type",
                "older_spelling",
            ])
        #expect(
            sources(blueprint) == [
                .reference(.service(name: "back", type: .privateService, property: .host)),
                .reference(.keyValue(name: "cache", property: .connectionString)),
                .reference(.keyValue(name: "cache", property: .host)),
                .reference(.serviceVariable(name: "back", type: .privateService, key: "TOKEN")),
                .reference(.service(name: "back", type: .privateService, property: .host)),
                .reference(.database(name: "store", property: .password)),
            ])
    }

    @Test func `what is not in the file is warned of, since it may be on Render`() {
        let blueprint = file(
            "fromService: {name: gone, type: pserv, property: host}",
            "fromService: {name: back, type: pserv, envVarKey: X}",
            "fromDatabase: {name: gone, property: host}", "fromService: {name: gone, type: keyvalue, property: host}")
        #expect(blueprint.isValid && blueprint.codes == ["not_in_file", "not_in_file", "not_in_file", "not_in_file"])
        #expect(blueprint.diagnostics.map(\.position.line) == [6, 7, 8, 9])
        #expect(sources(blueprint).count == 4)
    }

    @Test func `what the target does not have is an error`() {
        let blueprint = file(
            "fromService: {name: cache, type: keyvalue, property: slug}",
            "fromService: {name: back, type: pserv, property: connectionString}")
        #expect(
            blueprint.told == [
                "error 6:15 services[0].envVars[0].fromService.property wrong_value",
                "error 7:15 services[0].envVars[1].fromService.property wrong_value",
            ])
    }

    @Test func `variables in a circle are refused, and those that lead into it are not`() {
        let blueprint = Blueprint.reading(
            """
            services:
            - type: web
              name: a
              runtime: docker
              envVars:
              - {key: INTO, fromService: {name: b, type: web, envVarKey: TWO}}
              - {key: ONE, fromService: {name: b, type: web, envVarKey: TWO}}
              - {key: OWN, fromService: {name: a, type: web, envVarKey: PLAIN}}
              - {key: PLAIN, value: x}
              - {key: SELF, fromService: {name: a, type: web, envVarKey: SELF}}
            - type: web
              name: b
              runtime: docker
              envVars:
              - {key: TWO, fromService: {name: a, type: web, envVarKey: ONE}}
            """)
        #expect(
            blueprint.told == [
                "error 7:16 services[0].envVars[1].fromService self_reference",
                "error 10:17 services[0].envVars[4].fromService self_reference",
                "error 15:16 services[1].envVars[0].fromService self_reference",
            ])
    }

    @Test func `resources know the environment of their project`() {
        let blueprint = Blueprint.reading(
            """
            projects:
            - name: shop
              environments:
              - name: staging
                services: [{type: web, name: web, runtime: docker, envVars: [{fromGroup: shared}]}]
                envVarGroups: [{name: shared, envVars: [{key: A, value: b}]}]
            ungrouped:
              databases: [{name: store}]
            """)
        #expect(blueprint.told == [])
        #expect(
            blueprint.resources.map { "\($0.address) \($0.environmentOfProject?.description ?? "-")" } == [
                "project/shop -", "environment/shop/staging -", "service/web environment/shop/staging",
                "env-group/shared environment/shop/staging", "postgres/store -",
            ])
    }
}
