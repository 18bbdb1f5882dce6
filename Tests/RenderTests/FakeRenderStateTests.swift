// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct FakeRenderStateTests {
    @Test func `a request without the token is refused in Render's form`() async throws {
        try await FakeRenderUser.with { user in
            let stranger = PlainHTTPClient(port: user.http.port)
            let answer = try await stranger.get("/v1/services")
            #expect(answer.status == 401)
            #expect(answer.json["message"]?.string == "Unauthorized")
            #expect(answer.json["id"]?.string != nil)
        }
    }

    @Test func `a service is made with its first deploy and is seen with what it was given`() async throws {
        try await FakeRenderUser.with { user in
            let answer = try await user.send(
                "POST", "/services",
                [
                    "type": "web_service", "name": "api", "ownerId": .string(user.fake.ownerID),
                    "repo": "https://github.com/acme/api", "branch": "main", "autoDeployTrigger": "off",
                    "rootDir": "server",
                    "envVars": [["key": "A", "value": "1"], ["key": "S", "generateValue": true]],
                    "serviceDetails": [
                        "runtime": "node", "plan": "standard", "region": "frankfurt", "numInstances": 2,
                        "healthCheckPath": "/up", "preDeployCommand": "npm run migrate",
                        "envSpecificDetails": ["buildCommand": "npm ci", "startCommand": "npm start"],
                        "autoscaling": [
                            "enabled": true, "min": 1, "max": 3,
                            "criteria": [
                                "cpu": ["enabled": true, "percentage": 70],
                                "memory": ["enabled": false, "percentage": 0],
                            ],
                        ],
                    ],
                ])
            #expect(answer.status == 201, "\(answer.text)")
            let id = try #require(answer.json["service"]?["id"]?.string)
            #expect(answer.json["deployId"]?.string == user.fake.deploys.first?.id)
            let service = try await user.get("/services/\(id)").json
            #expect(service["autoDeploy"] == "no")
            #expect(service["rootDir"] == "server")
            #expect(service["suspended"] == "not_suspended")
            let details = try #require(service["serviceDetails"])
            #expect(details["region"] == "frankfurt")
            #expect(details["envSpecificDetails"]?["preDeployCommand"] == "npm run migrate")
            #expect(details["autoscaling"]?["max"] == 3)
            #expect(user.fake.env(service: id)["A"]?.reveal() == "1")
            #expect((user.fake.env(service: id)["S"]?.reveal().count ?? 0) > 20)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `lists come in pages by cursor, and previews are among services unless left out`() async throws {
        try await FakeRenderUser.with { user in
            for number in 0..<23 { _ = try await user.makeSite("site-\(number)") }
            let parent = try await user.makeSite("web")
            user.fake.addPreview(of: parent)
            var names: [String] = []
            var path = "/services?limit=10&includePreviews=false"
            var pages = 0
            while true {
                let page = try #require(try await user.get(path).json.array)
                names += page.compactMap { $0["service"]?["name"]?.string }
                pages += 1
                guard page.count == 10, let cursor = page.last?["cursor"]?.string else { break }
                path = "/services?limit=10&includePreviews=false&cursor=\(cursor)"
            }
            #expect(pages == 3)
            #expect(names == (0..<23).map { "site-\($0)" } + ["web"])
            let unlimited = try await user.get("/services").json.array
            #expect(unlimited?.count == 20)
            let webs = try await user.get("/services?name=web").json.array
            #expect(webs?.count == 2)
            let tooMany = try await user.get("/services?limit=101")
            #expect(tooMany.status == 400)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `filters take values joined with commas`() async throws {
        try await FakeRenderUser.with { user in
            _ = try await user.makeSite("a")
            _ = try await user.makeServer("b")
            _ = try await user.makeServer("c")
            let found = try await user.get("/services?name=a,c&type=static_site,web_service").json.array
            #expect(found?.compactMap { $0["service"]?["name"]?.string } == ["a", "c"])
            let twice = try await user.get("/services?name=a&name=c")
            #expect(twice.status == 400)
            let unknown = try await user.get("/services?type=website")
            #expect(unknown.status == 400)
            let misspelt = try await user.get("/services?nam=a")
            #expect(misspelt.status == 400)
        }
    }

    @Test func `variables are replaced in bulk, set one by one, and none of it deploys`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer(env: [["key": "A", "value": "1"], ["key": "B", "value": "2"]])
            let deploys = user.fake.deploys.count
            #expect(try await user.send("PUT", "/services/\(id)/env-vars/C", ["value": "3"]).status == 200)
            #expect(try await user.send("PUT", "/services/\(id)/env-vars/D", ["generateValue": true]).status == 200)
            #expect(try await user.send("DELETE", "/services/\(id)/env-vars/A").status == 204)
            #expect(user.fake.env(service: id).keys.sorted() == ["B", "C", "D"])
            let bulk = try await user.send("PUT", "/services/\(id)/env-vars", [["key": "E", "value": "5"]])
            #expect(bulk.status == 200)
            #expect(user.fake.env(service: id).mapValues { $0.reveal() } == ["E": "5"])
            let patch = try await user.send("PATCH", "/services/\(id)", ["branch": "next"])
            #expect(patch.json["branch"] == "next")
            #expect(user.fake.deploys.count == deploys)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test(
        arguments: [
            ["type": "static_site"], ["envVars": []], ["ownerId": "tea-1"], ["environmentId": "evm-1"],
            ["serviceDetails": ["numInstances": 3]], ["serviceDetails": ["region": "ohio"]],
            ["serviceDetails": ["disk": ["name": "d", "mountPath": "/d"]]],
            ["serviceDetails": ["publishPath": "dist"]], ["buildCommand": "make"],
        ] as [JSONValue])
    func `a patch of what cannot be patched is refused, with the document and without it`(_ body: JSONValue)
        async throws
    {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            #expect(try await user.send("PATCH", "/services/\(id)", body).status == 400)
        }
        try await FakeRenderUser.with {
            $0.schemaPath = nil
        } _: { user in
            let id = try await user.makeServer()
            #expect(try await user.send("PATCH", "/services/\(id)", body).status == 400)
        }
    }

    @Test func `what the API does not set of a key value is refused, with the document and without it`() async throws {
        for document in [FakeRenderDocument.path, nil] {
            try await FakeRenderUser.with {
                $0.schemaPath = document
            } _: { user in
                let body: JSONObject = ["name": "kv", "ownerId": .string(user.fake.ownerID), "plan": "starter"]
                var more = body
                more["persistenceMode"] = "off"
                #expect(try await user.send("POST", "/key-value", .object(more)).status == 400)
                let made = try await user.send("POST", "/key-value", .object(body))
                let id = made.json["id"]?.string ?? ""
                #expect(try await user.send("PATCH", "/key-value/\(id)", ["persistenceMode": "off"]).status == 400)
                #expect(try await user.send("PATCH", "/key-value/\(id)", ["plan": "pro"]).status == 200)
            }
        }
    }

    @Test func `creating twice makes two, unless names are to be unique`() async throws {
        try await FakeRenderUser.with { user in
            let first = try await user.makeSite("twin")
            let second = try await user.makeSite("twin")
            #expect(first != second)
            #expect(user.fake.duplicates == ["service twin"])
            #expect(user.fake.services.map(\.slug) == ["twin", "twin-2"])
        }
        try await FakeRenderUser.with {
            $0.duplicateNames = .refused
        } _: { user in
            _ = try await user.makeSite("twin")
            await #expect(throws: FakeRenderUser.Unexpected.self) { try await user.makeSite("twin") }
            #expect(user.fake.duplicates == [])
        }
    }

    @Test func `databases and key values keep what they are given and tell how to reach them`() async throws {
        try await FakeRenderUser.with { user in
            let owner = JSONValue.string(user.fake.ownerID)
            let made = try await user.send(
                "POST", "/postgres",
                [
                    "name": "db", "ownerId": owner, "plan": "starter", "version": "17", "region": "ohio",
                    "databaseName": "app", "databaseUser": "app", "diskSizeGB": 5,
                    "ipAllowList": [["cidrBlock": "10.0.0.0/8", "description": "inside"]],
                    "readReplicas": [["name": "db-replica"]],
                ])
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.string)
            let info = try await user.get("/postgres/\(id)/connection-info").json
            #expect(info["internalConnectionString"]?.string?.hasSuffix("@\(id)/app") == true)
            #expect(try await user.send("PATCH", "/postgres/\(id)", ["diskSizeGB": 1]).status == 400)
            #expect(try await user.send("PATCH", "/postgres/\(id)", ["version": "18"]).status == 400)
            let emptied = try await user.send("PATCH", "/postgres/\(id)", ["readReplicas": []])
            #expect(emptied.json["readReplicas"] == [])
            let listed = try await user.get("/postgres?ownerId=\(user.fake.ownerID)").json.array
            #expect(listed?.first?["postgres"]?["id"]?.string == id)

            let cache = try await user.send(
                "POST", "/key-value",
                [
                    "name": "cache", "ownerId": owner, "plan": "starter", "maxmemoryPolicy": "noeviction",
                    "ipAllowList": [],
                ])
            #expect(cache.status == 201, "\(cache.text)")
            let cacheID = try #require(cache.json["id"]?.string)
            let reach = try await user.get("/key-value/\(cacheID)/connection-info").json
            #expect(reach["internalConnectionString"] == .string("redis://\(cacheID):6379"))
            #expect(try await user.get("/key-value").json.array?.count == 1)
            #expect(try await user.send("DELETE", "/postgres/\(id)").status == 204)
            #expect(try await user.get("/postgres/\(id)").status == 404)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a group of variables is made, changed by key and linked to services`() async throws {
        try await FakeRenderUser.with { user in
            let service = try await user.makeServer()
            let made = try await user.send(
                "POST", "/env-groups",
                [
                    "name": "shared", "ownerId": .string(user.fake.ownerID),
                    "envVars": [["key": "A", "value": "1"], ["key": "S", "generateValue": true]],
                ])
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.json["id"]?.string)
            #expect(try await user.send("POST", "/env-groups/\(id)/services/\(service)").status == 200)
            #expect(try await user.send("PUT", "/env-groups/\(id)/env-vars/B", ["value": "2"]).status == 200)
            #expect(try await user.send("DELETE", "/env-groups/\(id)/env-vars/A").status == 204)
            let shown = try await user.get("/env-groups/\(id)").json
            #expect(shown["serviceLinks"]?.array?.first?["type"] == "web")
            #expect(shown["envVars"]?.array?.compactMap { $0["key"]?.string } == ["S", "B"])
            // The document has this list bare.
            let list = try await user.get("/env-groups").json.array
            #expect(list?.first?["name"] == "shared")
            #expect(try await user.get("/services/\(service)/env-vars").json == [])
            #expect(try await user.send("DELETE", "/env-groups/\(id)/services/\(service)").status == 204)
            #expect(user.fake.envGroups.first?.serviceIDs == [])
            #expect(user.fake.schemaViolations == [])
        }
    }
}
