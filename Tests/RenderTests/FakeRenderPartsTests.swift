// SPDX-License-Identifier: Apache-2.0

import Common
import FakeRender
import TestKit
import Testing

@Suite struct FakeRenderPartsTests {
    @Test func `a domain brings its twin, which goes with it`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeSite()
            let path = "/services/\(id)/custom-domains"
            #expect(try await user.send("POST", path, ["name": "acme.example"]).json.array?.count == 2)
            #expect(try await user.send("POST", path, ["name": "docs.acme.example"]).json.array?.count == 1)
            #expect(try await user.send("POST", path, ["name": "acme.example"]).status == 409)
            let listed = try await user.get(path).json.array ?? []
            let twins = listed.map { $0["customDomain"]?["redirectForName"]?.string }
            #expect(twins == ["", "acme.example", ""])
            #expect(try await user.send("POST", "\(path)/acme.example/verify").status == 202)
            #expect(try await user.get("\(path)/acme.example").json["verificationStatus"] == "verified")
            #expect(try await user.send("DELETE", "\(path)/acme.example").status == 204)
            #expect(user.fake.service(id)?.domains.map(\.name) == ["docs.acme.example"])
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `headers and routes are replaced as a whole, and routes keep their order`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeSite()
            let header: JSONValue = ["path": "/*", "name": "X-Frame-Options", "value": "DENY"]
            #expect(try await user.send("PUT", "/services/\(id)/headers", [header]).status == 200)
            #expect(try await user.send("POST", "/services/\(id)/headers", header).status == 201)
            #expect(try await user.get("/services/\(id)/headers").json.array?.count == 2)
            let routes: JSONValue = [
                ["type": "redirect", "source": "/old", "destination": "/new"],
                ["type": "rewrite", "source": "/*", "destination": "/index.html"],
            ]
            #expect(try await user.send("PUT", "/services/\(id)/routes", routes).status == 200)
            let first: JSONValue = [
                "type": "rewrite", "source": "/api/*", "destination": "https://api.example/*", "priority": 0,
            ]
            #expect(try await user.send("POST", "/services/\(id)/routes", first).status == 201)
            let listed = try await user.get("/services/\(id)/routes").json.array ?? []
            #expect(listed.map { $0["route"]?["source"]?.string } == ["/api/*", "/old", "/*"])
            #expect(listed.map { $0["route"]?["priority"]?.int } == [0, 1, 2])
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a disk is added once and only grows`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            let disk: JSONValue = ["name": "data", "sizeGB": 10, "mountPath": "/data", "serviceId": .string(id)]
            let added = try await user.send("POST", "/disks", disk)
            #expect(added.status == 201, "\(added.text)")
            let diskID = try #require(added.json["id"]?.string)
            #expect(try await user.send("POST", "/disks", disk).status == 409)
            #expect(try await user.send("PATCH", "/disks/\(diskID)", ["sizeGB": 5]).status == 400)
            #expect(try await user.send("PATCH", "/disks/\(diskID)", ["sizeGB": 20]).status == 200)
            #expect(try await user.get("/services/\(id)").json["serviceDetails"]?["disk"]?["sizeGB"] == 20)
            #expect(try await user.send("POST", "/services/\(id)/scale", ["numInstances": 2]).status == 400)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `scaling is taken without effect while autoscaling decides`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            #expect(try await user.send("POST", "/services/\(id)/scale", ["numInstances": 3]).status == 202)
            #expect(user.fake.service(id)?.instances == 3)
            let autoscaling: JSONValue = [
                "enabled": true, "min": 1, "max": 4,
                "criteria": [
                    "cpu": ["enabled": true, "percentage": 60], "memory": ["enabled": false, "percentage": 0],
                ],
            ]
            #expect(try await user.send("PUT", "/services/\(id)/autoscaling", autoscaling).status == 200)
            #expect(try await user.send("POST", "/services/\(id)/scale", ["numInstances": 5]).status == 202)
            #expect(user.fake.service(id)?.instances == 3)
            #expect(try await user.send("DELETE", "/services/\(id)/autoscaling").status == 204)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `projects have environments, and resources move between them`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            let owner = JSONValue.string(user.fake.ownerID)
            let empty: JSONValue = ["name": "shop", "ownerId": owner, "environments": []]
            #expect(try await user.send("POST", "/projects", empty).status == 400)
            let project = try await user.send(
                "POST", "/projects",
                [
                    "name": "shop", "ownerId": owner,
                    "environments": [["name": "production", "protectedStatus": "protected"]],
                ])
            #expect(project.status == 201, "\(project.text)")
            let environment = try #require(project.json["environmentIds"]?.array?.first?.string)
            let resources: JSONValue = ["resourceIds": [.string(id)]]
            let moved = try await user.send("POST", "/environments/\(environment)/resources", resources)
            #expect(moved.json["serviceIds"] == [.string(id)])
            #expect(try await user.get("/services?environmentId=\(environment)").json.array?.count == 1)
            let path = "/environments?projectId=\(project.json["id"]?.string ?? "")"
            let listed = try await user.get(path).json.array
            #expect(listed?.first?["environment"]?["protectedStatus"] == "protected")
            #expect(try await user.get("/environments").status == 400)
            let out = "/environments/\(environment)/resources?resourceIds=\(id)"
            #expect(try await user.send("DELETE", out).status == 204)
            #expect(user.fake.service(id)?.environmentID == nil)
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `Render's own Blueprints tell what they own`() async throws {
        try await FakeRenderUser.with { user in
            let id = try await user.makeServer()
            let blueprint = user.fake.addBlueprint(name: "native", owning: [id])
            let listed = try await user.get("/blueprints?ownerId=\(user.fake.ownerID)").json.array
            #expect(listed?.first?["blueprint"]?["id"]?.string == blueprint)
            let resource = try await user.get("/blueprints/\(blueprint)").json["resources"]?.array?.first
            #expect(resource?["type"] == "web_service" && resource?["id"]?.string == id)
            user.fake.addCredential(name: "registry")
            #expect(try await user.get("/registrycredentials").json.array?.first?["name"] == "registry")
            #expect(user.fake.schemaViolations == [])
        }
    }

    @Test func `a file is judged with the names of what it would make`() async throws {
        try await FakeRenderUser.with { user in
            _ = try await user.makeServer("api")
            let good = try await validate(
                user,
                """
                services:
                  - type: web
                    name: api
                    runtime: node
                    envVars:
                      - key: name
                        value: x
                  - name: cache
                    type: keyvalue
                databases:
                  - name: db
                """)
            #expect(good["valid"] == true)
            #expect(good["plan"]?["services"] == [])
            #expect(good["plan"]?["keyValue"] == ["cache"])
            #expect(good["plan"]?["totalActions"] == 2)
            let bad = try await validate(user, "services:\n  - type: web\n    name: a\n    runtime: nerd\n")
            #expect(bad["valid"] == false)
            #expect(bad["errors"]?.array?.first?["line"] == 4)
            #expect(user.fake.schemaViolations == [])
        }
    }

    private func validate(_ user: FakeRenderUser, _ file: String) async throws -> JSONValue {
        let parts = [
            "--cut\r\nContent-Disposition: form-data; name=\"ownerId\"\r\n\r\n\(user.fake.ownerID)\r\n",
            "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"render.yaml\"\r\n",
            "Content-Type: application/yaml\r\n\r\n\(file)\r\n--cut--\r\n",
        ]
        return try await user.http.send(
            "POST", "/v1/blueprints/validate", body: Array(parts.joined().utf8),
            mediaType: "multipart/form-data; boundary=cut"
        ).json
    }
}
