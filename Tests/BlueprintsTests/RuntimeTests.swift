// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

/// What a service runs on, and what of its settings goes with that.
@Suite struct RuntimeTests {
    private func service(_ lines: String...) -> Blueprint {
        Blueprint.reading("services:\n- name: a\n  type: web\n" + lines.map { "  \($0)\n" }.joined())
    }

    private func fields(_ blueprint: Blueprint) -> [Field: JSONValue] {
        blueprint.resources.first?.fields.mapValues(\.value) ?? [:]
    }

    @Test func `an image says by itself what the service runs on`() {
        let bare = service("image: {url: nginx}")
        #expect(fields(bare) == [.image: ["url": "nginx"], .runtime: "image"] && bare.told == [])
        let other = service("runtime: docker", "image: {url: nginx}")
        #expect(fields(other)[.runtime] == "image")
        #expect(other.told == ["warning 4:3 services[0].runtime spelling"])
        let both = service("runtime: docker", "repo: https://github.com/acme/a", "image: {url: nginx}")
        #expect(both.told == ["error 6:3 services[0].image several_sources"])
    }

    @Test func `what belongs to containers and what Render builds by itself are told apart`() {
        let container = service("runtime: docker", "buildCommand: make", "startCommand: run", "dockerCommand: serve")
        #expect(fields(container) == [.runtime: "docker", .dockerCommand: "serve"])
        #expect(
            container.told == [
                "unsupported 5:3 services[0].buildCommand field_not_for_type",
                "unsupported 6:3 services[0].startCommand field_not_for_type",
            ])
        let native = service("runtime: node", "startCommand: run", "dockerCommand: serve", "dockerfilePath: Dockerfile")
        #expect(fields(native) == [.runtime: "node", .startCommand: "run"])
        #expect(native.codes == ["field_not_for_type", "field_not_for_type"])
        let empty = service("runtime: docker", "buildCommand: \"\"")
        #expect(fields(empty) == [.runtime: "docker"] && empty.told == [])
    }

    @Test func `a site's folder is within its root directory`() {
        func site(_ root: String, _ folder: String) -> Blueprint {
            service("runtime: static", "rootDir: \(root)", "staticPublishPath: \(folder)")
        }
        for (root, folder) in [("web", "./web/dist/"), ("./apps/web/", "apps/web/dist"), ("web", "web")] {
            let told = site(root, folder)
            #expect(told.told == ["warning 6:3 services[0].staticPublishPath doubled_path"], "\(folder)")
            #expect(fields(told)[.publishPath] == .string(folder))
        }
        #expect(site("web", "./web/dist/").diagnostics.first?.message.contains("write `dist`") == true)
        for (root, folder) in [("web", "dist"), ("web", "website"), ("./", "dist")] {
            #expect(site(root, folder).told == [], "\(root) \(folder)")
        }
    }

    @Test func `what is spelt otherwise is told in the words of the file`() {
        func words(_ text: String) -> String { Blueprint.reading(text).diagnostics.map(\.message).joined() }
        #expect(words("databases: [{name: a, plan: basic_1gb}]").contains("the plan `basic-1gb`"))
        #expect(
            words("services: [{type: keyvalue, name: a, ipAllowList: [], maxmemoryPolicy: AllKeys-LRU}]")
                .contains("`allkeys-lru`"))
        #expect(
            words("projects: [{name: p, environments: [{name: e, permissions: {protection: Enabled}}]}]")
                .contains("`enabled`"))
    }

    @Test func `what Render's API sets is known for each type of service`() {
        #expect(Catalogue.reaches(.healthCheckPath, of: .webService))
        #expect(!Catalogue.reaches(.healthCheckPath, of: .backgroundWorker))
        #expect(Catalogue.reaches(.preDeployCommand, of: .privateService))
        for type in [ServiceType.cronJob, .staticSite] { #expect(!Catalogue.reaches(.preDeployCommand, of: type)) }
        for type in ServiceType.allCases {
            for field in [Field.initialDeployHook, .buildSource, .previewPlan] {
                #expect(!Catalogue.reaches(field, of: type))
            }
        }
    }
}
