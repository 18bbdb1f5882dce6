// SPDX-License-Identifier: Apache-2.0

import Common
import Render

/// A use of the client, by what it sends.
struct OperationUse: Sendable {
    let operation: RenderOperation
    let use: @Sendable (RenderClient) async throws -> Void

    init(_ operation: RenderOperation, _ use: @escaping @Sendable (RenderClient) async throws -> Void) {
        self.operation = operation
        self.use = use
    }

    /// Every operation, once at least; bodies that callers give have all that the API takes of them.
    static let all: [OperationUse] = reading + writingServices + writingOthers

    private static let reading: [OperationUse] = [
        OperationUse(.listOwners) { _ = try await $0.owners() },
        OperationUse(.listServices) {
            _ = try await $0.services(ownerID: "tea-1", name: "api", types: ["web_service", "static_site"])
        },
        OperationUse(.listServices) { _ = try await $0.services(ownerID: "tea-1") },
        OperationUse(.retrieveService) { _ = try await $0.service("srv-1") },
        OperationUse(.listDatabases) { _ = try await $0.databases(ownerID: "tea-1") },
        OperationUse(.listKeyValues) { _ = try await $0.keyValues(ownerID: "tea-1") },
        OperationUse(.listEnvGroups) { _ = try await $0.envGroups(ownerID: "tea-1") },
        OperationUse(.retrieveEnvGroup) { _ = try await $0.envVars(group: "evg-1") },
        OperationUse(.listProjects) { _ = try await $0.projects(ownerID: "tea-1") },
        OperationUse(.listEnvironments) { _ = try await $0.environments(projectID: "prj-1") },
        OperationUse(.listRegistryCredentials) { _ = try await $0.registryCredentials(ownerID: "tea-1") },
        OperationUse(.retrieveDatabaseConnection) { _ = try await $0.databaseConnection("dpg-1") },
        OperationUse(.retrieveKeyValueConnection) { _ = try await $0.keyValueConnection("red-1") },
        OperationUse(.listEnvVars) { _ = try await $0.envVars(service: "srv-1") },
        OperationUse(.listHeaders) { _ = try await $0.headers(service: "srv-1") },
        OperationUse(.listRoutes) { _ = try await $0.routes(service: "srv-1") },
        OperationUse(.listCustomDomains) { _ = try await $0.customDomains(service: "srv-1") },
        OperationUse(.listDeploys) { _ = try await $0.deploys(service: "srv-1", limit: 5) },
        OperationUse(.retrieveDeploy) { _ = try await $0.deploy("dep-1", service: "srv-1") },
        OperationUse(.listEvents) {
            let since = "2026-10-01T00:00:00Z"
            _ = try await $0.events(service: "srv-1", types: ["build_ended"], since: since, limit: 9)
            _ = try await $0.events(service: "srv-1", types: ["build_ended", "deploy_ended"], since: nil, limit: 9)
            _ = try await $0.events(service: "srv-1", types: [], since: since, limit: 9)
        },
        OperationUse(.listLogs) {
            _ = try await $0.logs(
                ownerID: "tea-1", resource: "srv-1", type: "build", from: "2026-10-01T00:00:00Z",
                to: "2026-10-01T01:00:00Z", limit: 500)
        },
        OperationUse(.listBlueprints) { _ = try await $0.resourcesOfBlueprints(ownerID: "tea-1") },
        OperationUse(.retrieveBlueprint) { _ = try await $0.resourcesOfBlueprints(ownerID: "tea-1") },
    ]

    private static let writingServices: [OperationUse] = [
        OperationUse(.createService) { client in
            for body in try SampleBodies.newServices() { _ = try await client.createService(body) }
        },
        OperationUse(.updateService) { client in
            for (body, _) in try SampleBodies.patches() { _ = try await client.updateService("srv-1", body) }
        },
        OperationUse(.suspendService) { try await $0.suspendService("srv-1") },
        OperationUse(.deleteService) { try await $0.deleteService("srv-1") },
        OperationUse(.scaleService) { try await $0.scaleService("srv-1", to: 3) },
        OperationUse(.setAutoscaling) {
            let autoscaling = Autoscaling(isEnabled: true, min: 1, max: 4, cpu: 60)
            try await $0.setAutoscaling("srv-1", autoscaling)
        },
        OperationUse(.deleteAutoscaling) { try await $0.setAutoscaling("srv-1", nil) },
        OperationUse(.setEnvVar) {
            try await $0.setEnvVar(service: "srv-1", key: "A_KEY", value: Secret("value"))
            try await $0.setEnvVar(service: "srv-1", key: "A_KEY", value: nil)
        },
        OperationUse(.deleteEnvVar) { try await $0.deleteEnvVar(service: "srv-1", key: "A_KEY") },
        OperationUse(.replaceEnvVars) {
            try await $0.replaceEnvVars(service: "srv-1", ["A": Secret("1"), "B": Secret("")])
        },
        OperationUse(.replaceHeaders) {
            try await $0.replaceHeaders(service: "srv-1", [ResponseHeader(path: "/*", name: "X-A", value: "b")])
        },
        OperationUse(.replaceRoutes) {
            let route = StaticRoute(type: "rewrite", source: "/*", destination: "/index.html")
            try await $0.replaceRoutes(service: "srv-1", [route])
        },
        OperationUse(.createCustomDomain) { try await $0.addCustomDomain(service: "srv-1", name: "a.example.com") },
        OperationUse(.deleteCustomDomain) { try await $0.deleteCustomDomain(service: "srv-1", name: "a.example.com") },
        OperationUse(.addDisk) {
            _ = try await $0.addDisk(service: "srv-1", name: "data", mountPath: "/data", sizeGB: 10)
        },
        OperationUse(.updateDisk) { try await $0.updateDisk("dsk-1", name: "data", mountPath: "/data", sizeGB: 20) },
        OperationUse(.createDeploy) {
            _ = try await $0.createDeploy(service: "srv-1", clearCache: true, mode: .buildAndDeploy)
            _ = try await $0.createDeploy(service: "srv-1", clearCache: false, mode: .buildAndDeploy, commitID: "abc")
            _ = try await $0.createDeploy(service: "srv-1", clearCache: false, mode: .deployOnly)
        },
        OperationUse(.cancelDeploy) { _ = try await $0.cancelDeploy("dep-1", service: "srv-1") },
    ]

    private static let writingOthers: [OperationUse] = [
        OperationUse(.createDatabase) { _ = try await $0.createDatabase(SampleBodies.database) },
        OperationUse(.updateDatabase) {
            _ = try await $0.updateDatabase("dpg-1", ["plan": "pro_8gb", "diskSizeGB": 20])
        },
        OperationUse(.createKeyValue) { _ = try await $0.createKeyValue(SampleBodies.keyValue) },
        OperationUse(.updateKeyValue) { _ = try await $0.updateKeyValue("red-1", ["plan": "standard"]) },
        OperationUse(.createEnvGroup) { _ = try await $0.createEnvGroup(SampleBodies.envGroup) },
        OperationUse(.deleteEnvGroup) { try await $0.deleteEnvGroup("evg-1") },
        OperationUse(.setGroupEnvVar) {
            try await $0.setEnvVar(group: "evg-1", key: "A_KEY", value: Secret("value"))
            try await $0.setEnvVar(group: "evg-1", key: "A_KEY", value: nil)
        },
        OperationUse(.deleteGroupEnvVar) { try await $0.deleteEnvVar(group: "evg-1", key: "A_KEY") },
        OperationUse(.linkEnvGroup) { try await $0.linkEnvGroup("evg-1", service: "srv-1") },
        OperationUse(.unlinkEnvGroup) { try await $0.unlinkEnvGroup("evg-1", service: "srv-1") },
        OperationUse(.createProject) { _ = try await $0.createProject(SampleBodies.project) },
        OperationUse(.createEnvironment) {
            _ = try await $0.createEnvironment(["name": "staging", "projectId": "prj-1"])
        },
        OperationUse(.updateEnvironment) {
            _ = try await $0.updateEnvironment("evm-1", ["networkIsolationEnabled": true])
        },
        OperationUse(.addToEnvironment) { try await $0.addToEnvironment("evm-1", resources: ["srv-1", "dpg-1"]) },
    ]
}

/// Bodies in the API's shape.
enum SampleBodies {
    static let database: JSONObject = [
        "name": "db", "ownerId": "tea-1", "plan": "basic_256mb", "version": "16", "region": "oregon", "diskSizeGB": 5,
        "ipAllowList": [["cidrBlock": "10.0.0.0/8", "description": "office"]], "readReplicas": [["name": "copy"]],
    ]
    static let keyValue: JSONObject = [
        "name": "cache", "ownerId": "tea-1", "plan": "starter", "maxmemoryPolicy": "allkeys_lru", "ipAllowList": [],
    ]
    static let envGroup: JSONObject = [
        "name": "shared", "ownerId": "tea-1", "serviceIds": ["srv-1"],
        "envVars": [["key": "A", "value": "1"], ["key": "B", "generateValue": true]],
    ]
    static let project: JSONObject = [
        "name": "shop", "ownerId": "tea-1",
        "environments": [["name": "production", "protectedStatus": "protected"]],
    ]

    /// What the builder makes of each type and of each way to run it.
    static func newServices() throws -> [JSONObject] {
        let repo = "https://github.com/acme/shop"
        return try [
            NewService(
                name: "site", type: "static_site", ownerID: "tea-1", repo: repo, branch: "main", rootDir: "web",
                autoDeploy: true, environmentID: "evm-1", buildCommand: "npm run build", publishPath: "dist",
                envVars: ["A": Secret("1"), "B": nil]),
            NewService(
                name: "api", type: "web_service", ownerID: "tea-1", repo: repo, runtime: "node", plan: "starter",
                region: "frankfurt", buildCommand: "npm ci", startCommand: "node .", healthCheckPath: "/health"),
            NewService(
                name: "img", type: "private_service", ownerID: "tea-1", imageURL: "docker.io/acme/shop:1",
                dockerCommand: "serve"),
            NewService(
                name: "work", type: "background_worker", ownerID: "tea-1", repo: repo, runtime: "docker",
                dockerfilePath: "./Dockerfile", dockerContext: "."),
            NewService(
                name: "job", type: "cron_job", ownerID: "tea-1", repo: repo, runtime: "python", buildCommand: "true",
                startCommand: "python job.py", schedule: "0 * * * *"),
            NewService(
                name: "box", type: "cron_job", ownerID: "tea-1", repo: repo, runtime: "docker", schedule: "0 * * * *"),
        ].map { try $0.body() }
    }

    /// Patches of the builder, with the name of the schema that their details must fit.
    static func patches() throws -> [(body: JSONObject, details: String)] {
        let native = ServicePatch(
            name: "n", branch: "main", autoDeploy: false, rootDir: "", buildCommand: "make", startCommand: "run")
        let docker = ServicePatch(dockerfilePath: "./a/Dockerfile", dockerContext: "a")
        func body(_ patch: ServicePatch, _ type: String, _ runtime: String?) throws -> JSONObject {
            var service = RenderService(id: "srv-1", name: "s", type: type)
            service.details.runtime = runtime
            return try patch.body(for: service)
        }
        var web = native
        web.healthCheckPath = "/up"
        return [
            (
                try body(
                    ServicePatch(rootDir: "web", buildCommand: "npm run build", publishPath: "dist"), "static_site", nil
                ),
                "staticSiteDetailsPATCH"
            ),
            (try body(web, "web_service", "node"), "webServiceDetailsPATCH"),
            (try body(native, "private_service", "go"), "privateServiceDetailsPATCH"),
            (try body(docker, "background_worker", "docker"), "backgroundWorkerDetailsPATCH"),
            (try body(native, "cron_job", "ruby"), "cronJobDetailsPATCH"),
        ]
    }
}
