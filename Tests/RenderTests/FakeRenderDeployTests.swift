// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct FakeRenderDeployTests {
    @Test func `a deploy goes through its phases one by one, and one behind it waits without an answer`() async throws {
        try await FakeRenderUser.with {
            $0.pace = .steps
        } _: { user in
            let id = try await user.makeServer("api", ["preDeployCommand": "npm run migrate"])
            var seen = [try await status(user, id)]
            let queued = try await user.send("POST", "/services/\(id)/deploys", [:])
            #expect(queued.status == 202)
            #expect(queued.body.isEmpty)
            for _ in 0..<4 {
                user.fake.advance()
                seen.append(user.fake.deploys(of: id)[0].status)
            }
            #expect(
                seen == ["created", "build_in_progress", "pre_deploy_in_progress", "update_in_progress", "live"])
            #expect(user.fake.deploys(of: id)[1].status == "created")
            user.fake.finishDeploys()
            #expect(user.fake.deploys(of: id).map(\.status) == ["deactivated", "live"])
            let listed = try await user.get("/services/\(id)/deploys?limit=1").json.array
            #expect(listed?.first?["deploy"]?["status"] == "live")
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `phases that take time pass with the fake's clock, and lines come one after another`() async throws {
        try await FakeRenderUser.with {
            $0.pace = .phases(.seconds(2))
        } _: { user in
            let id = try await user.makeSite()
            #expect(try await status(user, id) == "created")
            user.fake.pass(.seconds(3))
            #expect(try await status(user, id) == "build_in_progress")
            let early = try await user.get(logs(user, id)).json["logs"]?.array ?? []
            user.fake.pass(.seconds(10))
            #expect(try await status(user, id) == "live")
            let late = try await user.get(logs(user, id)).json["logs"]?.array ?? []
            #expect(!early.isEmpty && early.count < late.count)
            let deploy = try #require(user.fake.deploys.first)
            let finished = try #require(deploy.finishedAt)
            #expect(finished - deploy.createdAt >= .seconds(6) && finished - deploy.createdAt < .seconds(7))
        }
    }

    @Test func `the rules of what a deploy may be asked are kept`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            let path = "/services/\(id)/deploys"
            let mixed: JSONValue = ["deployMode": "deploy_only", "clearCache": "clear"]
            #expect(try await user.send("POST", path, mixed).status == 400)
            #expect(try await user.send("POST", path, ["clearCache": "yes"]).status == 400)
            #expect(try await user.send("POST", path, ["imageUrl": "docker.io/acme/api:2"]).status == 400)
            let only = try await user.send("POST", path, ["deployMode": "deploy_only"])
            #expect(only.status == 201)
            #expect(only.json["status"] == "live")
            let commit = try await user.send("POST", path, ["commitId": "abc123", "clearCache": "clear"])
            #expect(commit.json["commit"]?["id"] == "abc123")
            #expect(try await user.send("POST", "/services/\(id)/suspend").status == 202)
            #expect(try await user.send("POST", path, [:]).status == 409)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a deploy can be cancelled and gone back to`() async throws {
        try await FakeRenderUser.with {
            $0.pace = .steps
        } _: { user in
            let id = try await user.makeSite()
            user.fake.finishDeploys()
            let first = try #require(user.fake.deploys.first?.id)
            let second = try await user.send("POST", "/services/\(id)/deploys", [:]).json["id"]?.string ?? ""
            user.fake.advance()
            let cancelled = try await user.send("POST", "/services/\(id)/deploys/\(second)/cancel")
            #expect(cancelled.json["status"] == "canceled")
            #expect(try await user.send("POST", "/services/\(id)/deploys/\(second)/cancel").status == 400)
            let back = try await user.send("POST", "/services/\(id)/rollback", ["deployId": .string(first)])
            #expect(back.status == 201)
            #expect(back.json["trigger"] == "rollback")
            user.fake.finishDeploys()
            #expect(user.fake.deploys(of: id).map(\.status) == ["deactivated", "canceled", "live"])
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a push deploys what deploys by itself`() async throws {
        try await FakeRenderUser.with { user in
            let repo = "https://github.com/acme/both"
            let first = try await user.makeSite("a", repo: repo)
            let second = try await user.makeSite("b", repo: repo)
            #expect(try await user.send("PATCH", "/services/\(second)", ["autoDeploy": "no"]).status == 200)
            user.fake.push(to: repo)
            #expect(user.fake.deploys(of: first).map(\.trigger) == ["manual", "new_commit"])
            #expect(user.fake.deploys(of: second).count == 1)
            let commits = user.fake.deploys(of: first).map(\.commit)
            #expect(commits[0] != commits[1])
        }
    }

    private func status(_ user: FakeRenderUser, _ id: String) async throws -> String {
        try await user.get("/services/\(id)/deploys").json.array?.first?["deploy"]?["status"]?.string ?? ""
    }

    private func logs(_ user: FakeRenderUser, _ id: String) -> String {
        "/logs?ownerId=\(user.fake.ownerID)&resource=\(id)&type=build&limit=100"
    }
}
