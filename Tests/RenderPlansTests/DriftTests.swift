// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans
import Testing

/// What differs from what was applied, without a file.
struct DriftTests {
    private static let text = """
        services:
          - type: web
            name: web
            runtime: node
            plan: starter
            envVars: [{key: A, value: canary-a}, {key: B, value: b}, {key: G, generateValue: true}]
          - {type: web, name: gone, runtime: node}
          - {type: web, name: again, runtime: node}
        """

    private func report(_ scene: Scene, withFile: Bool = false) -> DriftReport {
        Drift(fingerprints: keyed).report(
            scene.account.live, scene.account.applied, withFile ? scene.blueprint : nil)
    }

    @Test func `there is none after an apply`() throws {
        let report = report(try Scene(Self.text))
        #expect(report.entries.isEmpty && report.checked == 6)
        #expect(PlanText(file: "f").text(of: report) == "No drift: what was applied (6 values) is what is live.\n")
    }

    @Test func `every change outside is named with its kind`() throws {
        var scene = try Scene(Self.text)
        try scene.change("service/web") {
            $0.fields[.plan] = "pro"
            $0.environment["A"] = Secret("canary-b")
            $0.environment["B"] = nil
            $0.environment["G"] = Secret("rotated by a person")
            $0.environment["OTHER"] = Secret("added by a person")
        }
        scene.account.live.resources[ResourceAddress(.service, "gone")] = nil
        scene.account.live.resources[ResourceAddress(.service, "again")] = LiveResource(id: "srv-new")
        let report = report(scene)
        #expect(
            report.entries.map { "\($0.kind.rawValue) \($0.resource) \($0.path)" } == [
                "replaced service/again id", "deleted service/gone id", "changed service/web env.A",
                "gone service/web env.B", "changed service/web plan",
            ])
        #expect(report.entries.allSatisfy { $0.applied == nil || $0.path == "id" })
        let withFile = self.report(scene, withFile: true)
        #expect(withFile.entries.last?.applied == .plain("starter") && withFile.entries.last?.live == .plain("pro"))
        let text = PlanText(file: "render.yaml").text(of: withFile)
        #expect(text.contains("plan: starter → pro") && text.contains("env.A: (secret) → (secret)"))
        #expect(!text.contains("canary") && !report.jsonText.contains("canary"))
    }

    @Test func `a digest that Render added to an image is no drift`() throws {
        var scene = try Scene("services: [{type: web, name: w, runtime: image, image: {url: nginx}}]")
        try scene.change("service/w") { $0.fields[.image] = ["url": "docker.io/library/nginx:latest@sha256:1"] }
        #expect(report(scene).entries.isEmpty)
    }
}
