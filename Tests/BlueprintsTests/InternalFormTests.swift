// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Testing

@Suite struct InternalFormTests {
    @Test func `every field of Render's format is read into the internal form`() {
        let blueprint = Blueprint.reading(EveryFieldOfRender.file)
        #expect(blueprint.dialect == .render)
        expectLines(blueprint.internalForm, EveryFieldOfRender.internalForm)
        expectLines(blueprint.told.joined(separator: "\n"), EveryFieldOfRender.diagnostics)
        let fields = Set(blueprint.resources.flatMap(\.fields.keys))
        #expect(Field.allCases.filter { !fields.contains($0) } == [], "the file does not have every field")
    }

    @Test func `every field of the API's shape is read into the internal form`() {
        let blueprint = Blueprint.reading(EveryFieldOfAPI.file)
        #expect(blueprint.dialect == .api)
        expectLines(blueprint.internalForm, EveryFieldOfAPI.internalForm)
        expectLines(blueprint.told.joined(separator: "\n"), EveryFieldOfAPI.diagnostics)
    }

    @Test func `the two dialects say the same thing in the same internal form`() {
        let render = """
            services:
              - type: web
                name: site
                runtime: static
                rootDir: web
                buildCommand: make
                staticPublishPath: dist
                envVars:
                  - key: KEY
                    sync: false
            """
        let api = """
            services:
              - type: static_site
                name: site
                rootDir: web
                serviceDetails:
                  buildCommand: make
                  publishPath: dist
                env:
                  KEY: __REPLACE__
            """
        let (left, right) = (Blueprint.reading(render), Blueprint.reading(api))
        #expect(left.dialect == .render && right.dialect == .api)
        #expect(left.diagnostics == [] && right.diagnostics == [])
        #expect(left.resources.map(\.address) == right.resources.map(\.address))
        #expect(left.resources[0].fields.mapValues(\.value) == right.resources[0].fields.mapValues(\.value))
        #expect(left.resources[0].environment.map(\.source) == [.entered])
        #expect(right.resources[0].environment.map(\.source) == [.entered])
    }

    @Test func `what is absent is absent, and what is empty is empty`() throws {
        let blueprint = Blueprint.reading(
            """
            services:
              - type: web
                name: full
                runtime: docker
                dockerCommand:
                rootDir: ""
                domains: []
                envVars:
                scaling:
                buildFilter: {}
                maintenanceMode: {}
              - {type: web, name: bare, runtime: docker}
            """)
        #expect(blueprint.told == ["warning 5:19 services[0].dockerCommand empty_field"])
        let full = try #require(blueprint.resource(at: ResourceAddress(.service, "full")))
        #expect(
            full.fields.mapValues(\.value) == [
                .runtime: "docker", .dockerCommand: "", .rootDir: "", .domains: [], .scaling: nil,
                .buildFilter: ["paths": [], "ignoredPaths": []], .maintenanceMode: ["enabled": false, "uri": ""],
            ])
        let bare = try #require(blueprint.resource(at: ResourceAddress(.service, "bare")))
        #expect(bare.fields.mapValues(\.value) == [.runtime: "docker"])
    }
}

/// Shows the first line that differs rather than all of them.
private func expectLines(_ left: String, _ right: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let (left, right) = (left.split(separator: "\n"), right.split(separator: "\n"))
    for (line, (read, expected)) in zip(left, right).enumerated() where read != expected {
        Issue.record("line \(line + 1) is \(read), not \(expected)", sourceLocation: sourceLocation)
        return
    }
    #expect(left.count == right.count, sourceLocation: sourceLocation)
}
