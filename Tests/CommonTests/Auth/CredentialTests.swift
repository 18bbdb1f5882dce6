// SPDX-License-Identifier: Apache-2.0

import Common
import Testing

@Suite struct CredentialTests {
    @Test func `only the right name and password match`() {
        let credentials = BasicCredentials(user: "admin", password: Secret("open sesame"))
        let right = BasicCredentials.header(user: "admin", password: Secret("open sesame"))
        #expect(credentials.matches(authorization: right))
        #expect(credentials.matches(authorization: "basic" + right.dropFirst(5)))
        #expect(credentials.matches(authorization: right.replacing("Basic ", with: "Basic   ")))
        for wrong in [
            BasicCredentials.header(user: "admin", password: Secret("open sesam")),
            BasicCredentials.header(user: "root", password: Secret("open sesame")),
            BasicCredentials.header(user: "admin", password: Secret("")), "", "Basic", "Basic !!", "Bearer x",
        ] {
            #expect(!credentials.matches(authorization: wrong), "\(wrong)")
        }
    }

    @Test func `an agent's token follows from the key and its name alone`() {
        let key = Secret("an internal key of enough characters")
        let token = AgentToken.make(agent: "echo", internalKey: key).reveal()
        #expect(token == AgentToken.make(agent: "echo", internalKey: key).reveal())
        #expect(token.count == 64)
        #expect(token != AgentToken.make(agent: "echo2", internalKey: key).reveal())
        #expect(token != AgentToken.make(agent: "echo", internalKey: Secret("another key")).reveal())
        // HMAC-SHA256 as another implementation computes it.
        #expect(
            AgentToken.make(agent: "echo", internalKey: Secret("key")).reveal()
                == "ab22d5a37f7444ca2a72fe4ebaa2f0d50786474360eb3a5707d3d2ee315aeb0f")
    }

    @Test func `a digest of a secret shows nothing`() {
        let digest = SecretDigest(of: "hunter2")
        #expect(digest.matches("hunter2".utf8) && !digest.matches("hunter".utf8) && !digest.matches("".utf8))
        #expect("\(digest)" == "••••")
    }
}

@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"

    @Test func `a header is taken over under a span of our own`() throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-b7ad6b7169203331-00"))
        #expect(context.traceID == Self.trace)
        #expect(context.spanID != "b7ad6b7169203331")
        #expect(context.traceparent == "00-\(Self.trace)-\(context.spanID)-00")
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-b7ad6b7169203331-01-later") != nil)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-b7ad6b7169203331", "ff-\(trace)-b7ad6b7169203331-01",
        "00-\(trace)-b7ad6b7169203331-01-x",
        "00-\(trace.uppercased())-b7ad6b7169203331-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace)-b7ad6b716920333g-01", "0-\(trace)-b7ad6b7169203331-011",
        "cc-\(trace)-b7ad6b7169203331-01x",
    ])
    func `a header that is not exactly as W3C says begins a new trace`(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func `ids differ and are never all zero`() {
        let roots = (0..<10_000).map { _ in TraceContext.makeRoot() }
        #expect(Set(roots.map(\.traceID)).count == roots.count)
        #expect(Set(roots.map(\.spanID)).count == roots.count)
        #expect(roots.allSatisfy { TraceContext.isTraceID($0.traceID) && $0.spanID.count == 16 })
    }
}

@Suite struct MetricsTests {
    @Test func `figures are written as Prometheus reads them`() {
        let metrics = Metrics()
        let counter = metrics.counter("b_total", "Counts.", [("route", "/a\"\\\n")])
        counter.add(3)
        metrics.gauge("a_now", "Level.") { 1.5 }
        let spread = metrics.histogram("c_seconds", "Spread.", [("k", "v")], bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { spread.record(value) }
        #expect(
            metrics.text == #"""
                # HELP a_now Level.
                # TYPE a_now gauge
                a_now 1.5
                # HELP b_total Counts.
                # TYPE b_total counter
                b_total{route="/a\"\\\n"} 3
                # HELP c_seconds Spread.
                # TYPE c_seconds histogram
                c_seconds_bucket{k="v",le="0.1"} 2
                c_seconds_bucket{k="v",le="1"} 3
                c_seconds_bucket{k="v",le="+Inf"} 4
                c_seconds_sum{k="v"} 7.65
                c_seconds_count{k="v"} 4

                """#)
    }

    @Test func `a figure made anew takes the place of the old one`() {
        let metrics = Metrics()
        metrics.gauge("a", "A.") { 1 }
        metrics.gauge("a", "A.") { 2 }
        #expect(metrics.text.hasSuffix("\na 2\n"))
    }
}
