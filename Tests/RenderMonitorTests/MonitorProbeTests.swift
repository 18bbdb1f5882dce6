// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import RenderMonitor
import Testing

/// What is live is looked at as a visitor would.
@Suite struct MonitorProbeTests {
    private let bench = MonitorBench()

    private func live(type: String = "static_site", build: String = "", publish: String = "dist") {
        bench.render.state.with { state in
            state.services = [TestRender.service("srv-1", type: type, build: build, publish: publish)]
            state.deploys["srv-1"] = [TestRender.deploy("dep-1", .live)]
        }
    }

    private func look() async throws -> Diagnosis? {
        let monitor = bench.monitor()
        for _ in 0..<3 { await monitor.tick() }
        #expect(bench.patches == 0 && bench.started == 0)
        return try await bench.record()?.current
    }

    @Test func `a plain HTML site without a build command is well`() async throws {
        live(publish: ".")
        #expect(try await look() == nil)
        #expect(bench.prober.count.value == 1, "a deploy is probed once")
    }

    @Test func `live without a page is told with what was never built`() async throws {
        live()
        bench.prober.answers.with { $0["/"] = SiteAnswer(status: 404, contentType: "text/plain") }
        let diagnosis = try #require(try await look())
        #expect(diagnosis.signature == "live_not_found")
        #expect(diagnosis.proposed?.changes.first?.new == "npm ci && npm run build")
        #expect(diagnosis.whyNotFixed != nil)
        #expect(diagnosis.evidence.first?.text == "GET /: 404 text/plain, 0 bytes")
    }

    @Test(arguments: [
        (SiteAnswer(status: 200, contentType: "text/html"), "live_empty"),
        (SiteAnswer(status: 200, contentType: "application/json", body: [0x7B]), "live_not_html"),
        (SiteAnswer(status: 502), "live_error"),
    ])
    func `live and broken is a diagnosis`(answer: SiteAnswer, signature: String) async throws {
        live(build: "npm run build")
        bench.prober.answers.with { $0["/"] = answer }
        #expect(try await look()?.signature == signature)
    }

    @Test func `addresses within a site that routes in the browser lead to its page`() async throws {
        live(build: "npm run build")
        bench.render.state.with { state in
            state.routes["srv-1"] = [StaticRoute(type: "rewrite", source: "/*", destination: "/index.html")]
        }
        bench.prober.answers.with { $0["/tutti-probe/deep-link"] = SiteAnswer(status: 404) }
        #expect(try await look()?.signature == "live_deep_link")
    }

    @Test func `one bad answer is asked again before it is told`() async throws {
        live(build: "npm run build")
        let monitor = bench.monitor()
        bench.prober.answers.with { $0["/"] = SiteAnswer(status: 502) }
        await monitor.tick()
        bench.prober.answers.with { $0 = [:] }
        await monitor.tick()
        #expect(try await bench.record()?.diagnoses.isEmpty == true)
    }

    @Test func `a server that knows no page at its root is well`() async throws {
        live(type: "web_service")
        bench.prober.answers.with { $0["/"] = SiteAnswer(status: 404) }
        #expect(try await look() == nil)
    }

    @Test func `a page too large to look at says nothing of a site`() async throws {
        live(build: "npm run build")
        var answer = SiteAnswer(status: 200)
        answer.isTooLarge = true
        bench.prober.answers.with { $0["/"] = answer }
        #expect(try await look() == nil)
        #expect(try await bench.record()?.lastProbe?.verdict == .unknown)
    }

    @Test func `a fix that goes live and shows nothing is taken back`() async throws {
        let monitor = bench.monitor()
        bench.fail(try MonitorBench.log("Vite writes dist, build is set"))
        await monitor.tick()
        bench.prober.answers.with { $0["/"] = SiteAnswer(status: 404) }
        bench.end(.live)
        for _ in 0..<5 { await monitor.tick() }
        #expect(bench.service()?.details.publishPath == "build")
        #expect(bench.started == 1)
        #expect(try await bench.record()?.attempts.first?.state == .reverted)
    }
}
