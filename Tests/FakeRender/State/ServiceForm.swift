// SPDX-License-Identifier: Apache-2.0

import Common

/// Which members each type of service has, and what they are when they are not given.
struct ServiceForm {
    let type: String

    init?(_ type: String) {
        guard Self.members[type] != nil else { return nil }
        self.type = type
    }

    static let creation = [
        "type", "name", "ownerId", "repo", "autoDeploy", "autoDeployTrigger", "branch", "image", "buildFilter",
        "rootDir", "envVars", "secretFiles", "environmentId", "serviceDetails",
    ]
    static let change = [
        "name", "repo", "autoDeploy", "autoDeployTrigger", "branch", "image", "buildFilter", "rootDir",
        "serviceDetails",
    ]

    private static let server = [
        "env", "runtime", "envSpecificDetails", "plan", "preDeployCommand", "pullRequestPreviewsEnabled", "previews",
        "maxShutdownDelaySeconds",
    ]
    /// What can be given at creation and patched later.
    private static let members: [String: [String]] = [
        "static_site": [
            "buildCommand", "publishPath", "pullRequestPreviewsEnabled", "previews", "renderSubdomainPolicy",
            "ipAllowList",
        ],
        "web_service": server + [
            "healthCheckPath", "maintenanceMode", "renderSubdomainPolicy", "ipAllowList", "cache",
        ],
        "private_service": server,
        "background_worker": server,
        "cron_job": ["env", "runtime", "envSpecificDetails", "plan", "schedule"],
    ]
    /// What can be given at creation only.
    private static let fixed: [String: [String]] = [
        "static_site": ["headers", "routes"],
        "web_service": ["autoscaling", "disk", "numInstances", "region"],
        "private_service": ["autoscaling", "disk", "numInstances", "region"],
        "background_worker": ["autoscaling", "disk", "numInstances", "region"],
        "cron_job": ["region"],
    ]
    private static let runtimes = ["docker", "elixir", "go", "node", "python", "ruby", "rust", "image"]

    /// The details of a new service.
    func details(_ given: JSONObject) throws(Refusal) -> JSONObject {
        try given.allow((Self.members[type] ?? []) + (Self.fixed[type] ?? []), in: "serviceDetails.")
        var details = try defaults(given)
        try merge(given, into: &details)
        if let region = given["region"] { details["region"] = region }
        if let count = try given.count("numInstances") { details["numInstances"] = JSONValue(count) }
        return details
    }

    /// Changes the details of a service by a patch.
    func patch(_ given: JSONObject, into details: inout JSONObject) throws(Refusal) {
        try given.allow(Self.members[type] ?? [], in: "serviceDetails.")
        try merge(given, into: &details)
    }

    private func defaults(_ given: JSONObject) throws(Refusal) -> JSONObject {
        let previews: JSONValue = ["generation": "off"]
        if type == "static_site" {
            return [
                "buildCommand": "", "publishPath": "public", "pullRequestPreviewsEnabled": "no", "previews": previews,
                "renderSubdomainPolicy": "enabled",
            ]
        }
        let runtime = try given.text("runtime")
        var details: JSONObject = ["plan": "starter", "region": "oregon"]
        try set(runtime: runtime, in: &details)
        if type == "cron_job" {
            _ = try given.text("schedule")
            return details
        }
        details["numInstances"] = 1
        details["pullRequestPreviewsEnabled"] = "no"
        details["previews"] = previews
        details["maxShutdownDelaySeconds"] = 30
        if type == "web_service" {
            details["healthCheckPath"] = ""
            details["maintenanceMode"] = ["enabled": false, "uri": ""]
            details["renderSubdomainPolicy"] = "enabled"
            details["ipAllowList"] = [["cidrBlock": "0.0.0.0/0", "description": "everywhere"]]
        }
        return details
    }

    private func set(runtime: String, in details: inout JSONObject) throws(Refusal) {
        guard Self.runtimes.contains(runtime) else { throw .invalid("runtime \(runtime) is not known") }
        let was = details["runtime"]?.string
        details["env"] = .string(runtime)
        details["runtime"] = .string(runtime)
        let isDocker = ["docker", "image"].contains(runtime)
        guard was == nil || isDocker != ["docker", "image"].contains(was ?? "") else { return }
        let preDeploy = details["envSpecificDetails"]?["preDeployCommand"]
        var specific: JSONObject =
            switch runtime {
            case "docker": ["dockerCommand": "", "dockerContext": ".", "dockerfilePath": "./Dockerfile"]
            case "image": ["dockerCommand": "", "dockerContext": "", "dockerfilePath": ""]
            default: ["buildCommand": "", "startCommand": ""]
            }
        if let preDeploy { specific["preDeployCommand"] = preDeploy }
        details["envSpecificDetails"] = .object(specific)
    }

    private func merge(_ given: JSONObject, into details: inout JSONObject) throws(Refusal) {
        if let runtime = given["runtime"]?.string { try set(runtime: runtime, in: &details) }
        var specific = details["envSpecificDetails"]?.object ?? [:]
        for (name, value) in given["envSpecificDetails"]?.object?.members ?? [] {
            let isDocker = ["docker", "image"].contains(details["runtime"]?.string ?? "")
            let known =
                isDocker
                ? ["dockerCommand", "dockerContext", "dockerfilePath", "registryCredentialId"]
                : ["buildCommand", "startCommand"]
            // A cron job's details have it at creation in the document, where the others' have it one level up.
            guard known.contains(name) || (type == "cron_job" && name == "preDeployCommand") else {
                throw .invalid("serviceDetails.envSpecificDetails.\(name) is not for this runtime")
            }
            specific[name] = value
        }
        if let command = given["preDeployCommand"] { specific["preDeployCommand"] = command }
        if type != "static_site" { details["envSpecificDetails"] = .object(specific) }
        // These are kept elsewhere, have been taken above, or cannot be patched.
        let elsewhere = ["env", "runtime", "envSpecificDetails", "preDeployCommand"] + (Self.fixed[type] ?? [])
        for (name, value) in given.members where !elsewhere.contains(name) { details[name] = value }
    }
}

extension FakeService {
    /// Changes what a patch names, and refuses what cannot be patched.
    mutating func patch(_ body: JSONObject, _ world: World) throws(Refusal) {
        try body.allow(ServiceForm.change)
        if let name = body["name"]?.string {
            guard !name.isEmpty else { throw .invalid("name must not be empty") }
            self.name = name
        }
        try take(body, world)
        if let given = body["serviceDetails"]?.object {
            try ServiceForm(type)?.patch(given, into: &details)
        }
    }

    /// Takes over the members that creation and patches share.
    mutating func take(_ body: JSONObject, _ world: World) throws(Refusal) {
        if let repo = body["repo"]?.string { self.repo = repo }
        if let branch = body["branch"]?.string { self.branch = branch }
        if let rootDir = body["rootDir"]?.string { self.rootDir = rootDir }
        if let image = body["image"]?.object {
            if let credential = image["registryCredentialId"]?.string, !credential.isEmpty {
                guard world.credentials[credential] != nil else { throw .notFound("registry credential") }
            }
            self.image = image
        }
        if let filter = body["buildFilter"] {
            guard filter["paths"]?.array != nil, filter["ignoredPaths"]?.array != nil else {
                throw .invalid("buildFilter needs paths and ignoredPaths")
            }
            buildFilter = filter
        }
        if let deploys = body["autoDeploy"]?.string {
            guard ["yes", "no"].contains(deploys) else { throw .invalid("autoDeploy must be yes or no") }
            autoDeploy = deploys
            autoDeployTrigger = deploys == "no" ? "off" : autoDeployTrigger == "off" ? "commit" : autoDeployTrigger
        }
        if let trigger = body["autoDeployTrigger"]?.string {
            guard ["commit", "off", "checksPass"].contains(trigger) else {
                throw .invalid("autoDeployTrigger must be commit, off or checksPass")
            }
            autoDeployTrigger = trigger
            autoDeploy = trigger == "off" ? "no" : "yes"
        }
    }
}
