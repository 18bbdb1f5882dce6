// SPDX-License-Identifier: Apache-2.0

import Common
import Render
import Testing

private func read(_ service: JSONValue) async throws -> RenderService {
    try await makeClient(ScriptedTransport(.json(200, service))).service("srv-1")
}

private func readEvent(_ type: String, _ details: JSONValue) async throws -> RenderServiceEvent {
    let event: JSONValue = [
        "id": "evt-1", "type": .string(type), "timestamp": "2026-10-01T00:00:00Z", "details": details,
    ]
    let client = makeClient(ScriptedTransport(.json(200, [["event": event, "cursor": "c"]])))
    return try #require(try await client.events(service: "srv-1", types: [], since: nil, limit: 5).first)
}

struct ReadingTests {
    @Test func `a server is read with what its runtime has`() async throws {
        var json = service("api").object ?? [:]
        json["suspended"] = "suspended"
        json["buildFilter"] = ["paths": ["a/**"], "ignoredPaths": []]
        json["serviceDetails"] = [
            "env": "node", "plan": "pro_plus", "numInstances": 2, "url": "https://api.onrender.com",
            "envSpecificDetails": ["buildCommand": "make", "startCommand": "run", "preDeployCommand": "migrate"],
            "openPorts": [
                ["port": 10000, "protocol": "TCP"], ["port": 53, "protocol": "UDP"], ["port": 9, "protocol": "NEW"],
            ],
            "autoscaling": [
                "enabled": true, "min": 1, "max": 3,
                "criteria": [
                    "cpu": ["enabled": true, "percentage": 60], "memory": ["enabled": false, "percentage": 70],
                ],
            ],
            "disk": ["id": "dsk-1", "name": "data", "mountPath": "/data", "sizeGB": 10],
            "maintenanceMode": ["enabled": false, "uri": ""], "previews": ["generation": "manual"],
        ]
        let service = try await read(.object(json))
        #expect(service.isSuspended)
        #expect(service.buildFilter == BuildFilter(paths: ["a/**"], ignoredPaths: []))
        #expect(service.details.runtime == "node")
        #expect(service.details.buildCommand == "make")
        #expect(service.details.startCommand == "run")
        #expect(service.details.preDeployCommand == "migrate")
        #expect(service.details.openPorts == [10000, 9])
        #expect(service.details.autoscaling == Autoscaling(isEnabled: true, min: 1, max: 3, cpu: 60))
        #expect(service.details.disk?.sizeGB == 10)
        #expect(service.details.maintenanceMode == MaintenanceMode(isEnabled: false, uri: ""))
        #expect(service.details.previews == Previews(generation: "manual"))
        #expect(service.details.publishPath == nil)
        #expect(service.rootDir == nil)
    }

    @Test func `a static site has its commands where it has them`() async throws {
        var json = service("site").object ?? [:]
        json["type"] = "static_site"
        json["rootDir"] = ""
        json["serviceDetails"] = [
            "buildCommand": "npm run build", "publishPath": "dist", "pullRequestPreviewsEnabled": "yes",
            "ipAllowList": [["cidrBlock": "10.0.0.0/8"]],
        ]
        let service = try await read(.object(json))
        #expect(service.details.buildCommand == "npm run build")
        #expect(service.details.publishPath == "dist")
        #expect(service.details.runtime == nil)
        // Absent and empty are told apart.
        #expect(service.rootDir == "")
        #expect(service.branch == nil)
        #expect(service.details.previews?.generation == "automatic")
        #expect(service.details.ipAllowList == [AllowedAddresses(cidrBlock: "10.0.0.0/8")])
    }

    @Test func `why a build failed is read`() async throws {
        let event = try await readEvent(
            "build_ended",
            [
                "buildId": "bld-1", "buildStatus": "failed", "status": 3,
                "reason": ["failure": ["evicted": false, "nonZeroExit": 127]],
            ])
        #expect(event.buildID == "bld-1")
        #expect(event.status == "failed")
        #expect(event.reason == EventReason(failure: .init(nonZeroExit: 127)))
    }

    @Test func `a build that a newer one took the place of is superseded, not failed`() async throws {
        for member in ["newBuild", "newDeploy"] {
            let event = try await readEvent(
                "deploy_ended",
                ["deployId": "dep-1", "deployStatus": "canceled", "reason": [.init(member): ["id": "dep-2"]]])
            #expect(event.reason?.isSuperseded == true)
            #expect(event.reason?.failure == nil)
        }
        let failed = try await readEvent(
            "deploy_ended", ["deployId": "dep-1", "deployStatus": "failed", "reason": ["buildFailed": ["id": "bld-1"]]])
        #expect(failed.reason == EventReason(buildFailedID: "bld-1"))
    }

    @Test func `of a server the reason is the failure itself`() async throws {
        let event = try await readEvent(
            "server_failed",
            ["instanceID": "i-1", "reason": ["evicted": false, "oomKilled": ["memoryLimit": "512Mi"]]])
        #expect(event.reason?.failure == EventReason.Failure(oomKilled: true, memoryLimit: "512Mi"))
        let evicted = try await readEvent("server_failed", ["reason": ["evicted": true, "evictionReason": "disk"]])
        #expect(evicted.reason?.failure == EventReason.Failure(isEvicted: true, evictionReason: "disk"))
        #expect(try await readEvent("server_failed", ["reason": ["evicted": false]]).reason?.failure == nil)
    }

    @Test func `an image that could not be pulled says why, and newer events are kept`() async throws {
        let event = try await readEvent("image_pull_failed", ["message": "denied", "imageURL": "docker.io/a"])
        #expect(event.message == "denied")
        #expect(try await readEvent("brand_new", ["reason": "a word", "status": "fine"]).status == "fine")
    }

    @Test func `routes are in the order in which they are tried`() async throws {
        func route(_ source: String, _ priority: Int?) -> JSONValue {
            var route: JSONObject = ["type": "rewrite", "source": .string(source), "destination": "/"]
            route["priority"] = priority.map { JSONValue($0) }
            return ["route": .object(route), "cursor": "c"]
        }
        let answer = HTTPAnswer.json(200, [route("/c", 2), route("/a", 0), route("/b", 1)])
        #expect(
            try await makeClient(ScriptedTransport(answer)).routes(service: "srv-1").map(\.source) == [
                "/a", "/b", "/c",
            ])
        let unnumbered = HTTPAnswer.json(200, [route("/c", nil), route("/a", nil)])
        #expect(
            try await makeClient(ScriptedTransport(unnumbered)).routes(service: "srv-1").map(\.source) == ["/c", "/a"])
    }

    @Test func `resources that a Blueprint syncs are known by it`() async throws {
        let transport = ScriptedTransport { _, call in
            switch call.path {
            case "/blueprints":
                .json(
                    200,
                    [
                        ["blueprint": ["id": "exs-1", "name": "shop"], "cursor": "1"],
                        ["blueprint": ["id": "exs-2", "name": "gone"], "cursor": "2"],
                    ])
            case "/blueprints/exs-1":
                .json(200, ["id": "exs-1", "resources": [["id": "srv-1", "name": "api", "type": "web_service"]]])
            default: .json(404, ["message": "not found"])
            }
        }
        #expect(try await makeClient(transport).resourcesOfBlueprints(ownerID: "tea-1") == ["srv-1": "shop"])
    }

    @Test func `a number that stands for a text is the text that it was written as`() async throws {
        let database: JSONValue = [
            ["postgres": ["id": "dpg-1", "name": "db", "owner": ["id": "tea-1"], "version": 16], "cursor": "c"]
        ]
        let found = try await makeClient(ScriptedTransport(.json(200, database))).databases(ownerID: "tea-1")
        #expect(found.first?.version == "16")
        #expect(found.first?.ownerID == "tea-1")
    }
}

struct BuilderTests {
    @Test func `a setting that the type of service has not is refused by name`() {
        func field(_ patch: ServicePatch, _ type: String, _ runtime: String? = nil) -> String? {
            var service = RenderService(id: "srv-1", name: "s", type: type)
            service.details.runtime = runtime
            do {
                _ = try patch.body(for: service)
            } catch {
                return error.fields.first?.field
            }
            return nil
        }
        #expect(field(ServicePatch(publishPath: "dist"), "web_service", "node") == "/publishPath")
        #expect(field(ServicePatch(startCommand: "run"), "static_site") == "/startCommand")
        #expect(field(ServicePatch(buildCommand: "make"), "web_service", "docker") == "/buildCommand")
        #expect(field(ServicePatch(healthCheckPath: "/"), "background_worker", "go") == "/healthCheckPath")
        #expect(field(ServicePatch(dockerfilePath: "D"), "web_service", "image") == "/dockerfilePath")
        #expect(field(ServicePatch(rootDir: "a", buildCommand: "make", publishPath: ""), "static_site") == nil)
        #expect(ServicePatch().isEmpty)
    }

    @Test func `a patch names only what it changes, and empty is not absent`() throws {
        let site = RenderService(id: "srv-1", name: "s", type: "static_site")
        #expect(try ServicePatch(rootDir: "").body(for: site) == ["rootDir": ""])
        #expect(
            try ServicePatch(buildCommand: "make").body(for: site) == ["serviceDetails": ["buildCommand": "make"]])
        let server = RenderService(
            id: "srv-1", name: "s", type: "web_service", details: ServiceDetails(runtime: "node"))
        #expect(
            try ServicePatch(buildCommand: "make").body(for: server)
                == ["serviceDetails": ["envSpecificDetails": ["buildCommand": "make"]]])
    }

    @Test func `a new service lacks nothing that its type needs`() {
        func field(_ service: NewService) -> String? {
            do {
                _ = try service.body()
            } catch {
                return error.fields.first?.field
            }
            return nil
        }
        let repo = "https://github.com/acme/shop"
        #expect(field(NewService(name: "a", type: "web_service", ownerID: "o", repo: repo)) == "/runtime")
        #expect(field(NewService(name: "a", type: "static_site", ownerID: "o")) == "/repo")
        #expect(field(NewService(name: "a", type: "static_site", ownerID: "o", repo: repo, imageURL: "i")) == "/repo")
        #expect(
            field(
                NewService(name: "a", type: "web_service", ownerID: "o", repo: repo, runtime: "node", buildCommand: "b")
            )
                == "/startCommand")
        #expect(
            field(NewService(name: "a", type: "cron_job", ownerID: "o", repo: repo, runtime: "docker")) == "/schedule")
        #expect(field(NewService(name: "a", type: "static_site", ownerID: "o", repo: repo, plan: "pro")) == "/plan")
        #expect(field(NewService(name: "a", type: "static_site", ownerID: "o", repo: repo)) == nil)
    }
}
