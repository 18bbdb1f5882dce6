// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct FakeRenderBuildTests {
    private static let repo = "https://github.com/acme/site"

    /// A way of building a site wrongly: the settings, the line that tells, and the exit status.
    struct Mistake: Sendable {
        var rootDir = "frontend"
        var build = "npm ci && npm run build"
        var publish = "dist"
        var line: String
        var status = 1
    }

    @Test(arguments: [
        Mistake(
            rootDir: "web", line: "==> Service Root Directory \"/opt/render/project/src/web\" is missing."),
        Mistake(build: "", line: "==> Publish directory dist does not exist!"),
        Mistake(publish: "build", line: "==> Publish directory build does not exist!"),
        Mistake(publish: "frontend/dist", line: "==> Publish directory frontend/dist does not exist!"),
        Mistake(build: "npm ci && npm run bulid", line: "npm error Missing script: \"bulid\""),
        Mistake(build: "npm run build", line: "sh: 1: vite: not found", status: 127),
        Mistake(build: "vite build", line: "bash: line 1: vite: command not found", status: 127),
        Mistake(
            rootDir: "",
            line: "npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open "
                + "'/opt/render/project/src/package.json'", status: 254),
        Mistake(
            rootDir: "", build: "yarn && yarn build",
            line: "error Couldn't find a package.json file in \"/opt/render/project/src\""),
    ])
    func `a build with a mistake fails with its line and reason, and succeeds once it is mended`(_ mistake: Mistake)
        async throws
    {
        try await FakeRenderUser.with { user in
            user.fake.setRepository(Self.repo, .vite(in: "frontend"))
            let id = try await user.makeSite(
                rootDir: mistake.rootDir, build: mistake.build, publish: mistake.publish)
            let log = user.fake.log(of: id)
            #expect(log.contains(mistake.line), "\(log)")
            #expect(log.contains("==> Build failed 😞"))
            #expect(user.fake.deploys(of: id).last?.status == "build_failed")
            let events = try await user.get("/services/\(id)/events?type=build_ended").json.array
            let reason = events?.first?["event"]?["details"]?["reason"]
            #expect(reason?["failure"]?["nonZeroExit"]?.int == mistake.status)
            #expect(try await user.http.get("/__site/site/").status == 404)

            let patch: JSONValue = [
                "rootDir": "frontend",
                "serviceDetails": ["buildCommand": "npm ci && npm run build", "publishPath": "dist"],
            ]
            #expect(try await user.send("PATCH", "/services/\(id)", patch).status == 200)
            let deploy = try await user.send("POST", "/services/\(id)/deploys", [:])
            #expect(deploy.json["status"] == "live")
            #expect(user.fake.log(of: id).contains("==> Your site is live 🎉"))
            #expect(try await user.http.get("/__site/site/").status == 200)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a live site can be broken, and routes are what deep links need`() async throws {
        try await FakeRenderUser.with { user in
            var pages = PretendRepository.pages(in: "public")
            pages.files = ["public/readme.txt"]
            user.fake.setRepository(Self.repo, pages)
            let id = try await user.makeSite(build: "", publish: "public")
            #expect(user.fake.log(of: id).contains("==> Empty build command; skipping build"))
            #expect(user.fake.deploys.last?.status == "live")
            let url = try #require(
                try await user.get("/services/\(id)").json["serviceDetails"]?["url"]?.string)
            #expect(url == "\(user.fake.origin)/__site/site")
            #expect(try await user.http.get("/__site/site").status == 404)
            user.fake.setRepository(Self.repo, .pages(in: "public"))
            _ = try await user.send("POST", "/services/\(id)/deploys", [:])
            #expect(try await user.http.get("/__site/site").status == 200)
            #expect(try await user.http.get("/__site/site/deep/link").status == 404)
            let routes: JSONValue = [["type": "rewrite", "source": "/*", "destination": "/index.html"]]
            #expect(try await user.send("PUT", "/services/\(id)/routes", routes).status == 200)
            #expect(try await user.http.get("/__site/site/deep/link").status == 200)
        }
    }

    @Test(arguments: [
        (PretendRepository.Behaviour.neverListens, "==> No open ports detected, continuing to scan..."),
        (.exits, "==> Application exited early"),
        (.crashes(lines: ["Error: no such table"], status: 3), "==> Exited with status 3"),
        (.needsMemory(megabytes: 900), "==> Out of memory (used over 512Mi)"),
        (
            .serves(paths: ["/"]),
            "==> Timed out after waiting for internal health check to return a successful response code at: "
                + "api.fake-render.test:10000 /health"
        ),
    ])
    func `a server that does not come up fails its deploy with line and reason`(
        _ behaviour: PretendRepository.Behaviour, _ line: String
    ) async throws {
        try await FakeRenderUser.with { user in
            var repository = PretendRepository.nodeServer()
            repository.behaviour = behaviour
            user.fake.setRepository("https://github.com/acme/api", repository)
            let id = try await user.makeServer("api", ["healthCheckPath": "/health"])
            #expect(user.fake.deploys.last?.status == "update_failed")
            #expect(user.fake.log(of: id).contains(line), "\(user.fake.log(of: id))")
            let events = try await user.get("/services/\(id)/events?type=deploy_ended,server_failed").json
            #expect(events.array?.count == 2)
            #expect(events.array?.first?["event"]?["details"]?["reason"]?["failure"]?["evicted"] == false)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `images, Dockerfiles, repositories out of reach and migrations fail in their own ways`() async throws {
        try await FakeRenderUser.with { user in
            user.fake.setRepository("https://github.com/acme/image", .docker("infra/Dockerfile"))
            let docker = try await user.makeServer(
                "docker", repo: "https://github.com/acme/image",
                ["runtime": "docker", "envSpecificDetails": ["dockerfilePath": "./Dockerfile"]])
            let line =
                "error: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory"
            #expect(user.fake.log(of: docker).contains(line))
            let patch: JSONValue = [
                "serviceDetails": ["envSpecificDetails": ["dockerfilePath": "infra/Dockerfile"]]
            ]
            #expect(try await user.send("PATCH", "/services/\(docker)", patch).status == 200)
            #expect(try await user.send("POST", "/services/\(docker)/deploys", [:]).json["status"] == "live")

            var hidden = PretendRepository.vite()
            hidden.isReachable = false
            user.fake.setRepository(Self.repo, hidden)
            let site = try await user.makeSite()
            #expect(user.fake.log(of: site).contains("==> Unable to clone \(Self.repo)"))

            var migrating = PretendRepository.nodeServer()
            migrating.preDeployStatus = 2
            user.fake.setRepository("https://github.com/acme/api", migrating)
            let server = try await user.makeServer("api", ["preDeployCommand": "npm run migrate"])
            #expect(user.fake.deploys(of: server).last?.status == "pre_deploy_failed")
            #expect(user.fake.log(of: server).contains("==> Pre-deploy has failed"))
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `logs come by windows of time, the newest first and not quite in order`() async throws {
        try await FakeRenderUser.with { user in
            user.fake.setRepository(Self.repo, .vite())
            let id = try await user.makeSite()
            let whole = user.fake.log(of: id)
            let base = "/logs?ownerId=\(user.fake.ownerID)&resource=\(id)"
            var lines: [(time: String, message: String)] = []
            var path = "\(base)&limit=7"
            var hasMore = true
            while hasMore {
                let page = try await user.get(path).json
                lines += (page["logs"]?.array ?? []).map {
                    ($0["timestamp"]?.string ?? "", $0["message"]?.string ?? "")
                }
                hasMore = page["hasMore"]?.bool ?? false
                let start = page["nextStartTime"]?.string ?? ""
                let end = page["nextEndTime"]?.string ?? ""
                path = "\(base)&limit=7&startTime=\(start)&endTime=\(end)"
            }
            #expect(lines.map(\.time) != lines.map(\.time).sorted(by: >))
            #expect(lines.sorted { $0.time < $1.time }.map(\.message) == whole)
            #expect(whole.contains { $0.contains("\u{1B}[") })
            let others = try await user.get("\(base)&type=app").json
            #expect(others["logs"] == [])
            let nobody = try await user.get("/logs?resource=\(id)")
            #expect(nobody.status == 400)
            #expect(user.fake.schemaViolations == [])
        }
    }
}
