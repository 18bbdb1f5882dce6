// SPDX-License-Identifier: Apache-2.0

package import Common

/// A service to be made, for those who have no blueprint; made into the body that its type asks for.
package struct NewService: Sendable {
    package var name: String
    /// web_service, static_site, private_service, background_worker or cron_job.
    package var type: String
    package var ownerID: String
    package var repo: String?
    package var branch: String?
    /// Of a service that runs a ready-made image instead of what is built from a repository.
    package var imageURL: String?
    package var rootDir: String?
    package var autoDeploy: Bool?
    package var environmentID: String?
    /// What it runs on: node, python, docker and so on; of no use to a static site.
    package var runtime: String?
    package var plan: String?
    package var region: String?
    package var buildCommand: String?
    package var startCommand: String?
    package var publishPath: String?
    package var healthCheckPath: String?
    package var schedule: String?
    package var dockerfilePath: String?
    package var dockerContext: String?
    package var dockerCommand: String?
    /// A value of nil lets Render make one.
    package var envVars: [String: Secret<String>?]

    package init(
        name: String, type: String, ownerID: String, repo: String? = nil, branch: String? = nil,
        imageURL: String? = nil, rootDir: String? = nil, autoDeploy: Bool? = nil, environmentID: String? = nil,
        runtime: String? = nil, plan: String? = nil, region: String? = nil, buildCommand: String? = nil,
        startCommand: String? = nil, publishPath: String? = nil, healthCheckPath: String? = nil,
        schedule: String? = nil, dockerfilePath: String? = nil, dockerContext: String? = nil,
        dockerCommand: String? = nil, envVars: [String: Secret<String>?] = [:]
    ) {
        self.name = name
        self.type = type
        self.ownerID = ownerID
        self.repo = repo
        self.branch = branch
        self.imageURL = imageURL
        self.rootDir = rootDir
        self.autoDeploy = autoDeploy
        self.environmentID = environmentID
        self.runtime = runtime
        self.plan = plan
        self.region = region
        self.buildCommand = buildCommand
        self.startCommand = startCommand
        self.publishPath = publishPath
        self.healthCheckPath = healthCheckPath
        self.schedule = schedule
        self.dockerfilePath = dockerfilePath
        self.dockerContext = dockerContext
        self.dockerCommand = dockerCommand
        self.envVars = envVars
    }

    /// The body of `RenderClient.createService`; throws when its type has no such setting or needs one that is not there.
    /// It holds the values of the variables, so it is not for logs.
    package func body() throws(Problem) -> JSONObject {
        let isStatic = type == "static_site"
        let runtime = runtime ?? (imageURL == nil ? nil : "image")
        guard isStatic || runtime != nil else { throw .invalid("/runtime", "a \(type) needs one") }
        guard (repo == nil) != (imageURL == nil) else {
            throw .invalid("/repo", "a service comes from a repository or from an image, one of the two")
        }
        guard type == "cron_job" || schedule == nil else { throw .invalid("/schedule", "a \(type) has none") }
        guard type != "cron_job" || schedule != nil else { throw .invalid("/schedule", "a cron job needs one") }
        var body: JSONObject = ["type": .string(type), "name": .string(name), "ownerId": .string(ownerID)]
        body["repo"] = repo.map { .string($0) }
        body["branch"] = branch.map { .string($0) }
        body["image"] = imageURL.map { ["ownerId": .string(ownerID), "imagePath": .string($0)] }
        body["rootDir"] = rootDir.map { .string($0) }
        body["autoDeploy"] = autoDeploy.map { $0 ? "yes" : "no" }
        body["environmentId"] = environmentID.map { .string($0) }
        if !envVars.isEmpty {
            body["envVars"] = .array(
                envVars.sorted { $0.key < $1.key }.map { key, value in
                    value.map { ["key": .string(key), "value": .string($0.reveal())] }
                        ?? ["key": .string(key), "generateValue": true]
                })
        }
        body["serviceDetails"] = .object(try details(isStatic: isStatic, runtime: runtime))
        return body
    }

    private func details(isStatic: Bool, runtime: String?) throws(Problem) -> JSONObject {
        var details = try ServiceSettings(
            type: type, runtime: isStatic ? nil : runtime, buildCommand: buildCommand, startCommand: startCommand,
            publishPath: publishPath, healthCheckPath: healthCheckPath, dockerfilePath: dockerfilePath,
            dockerContext: dockerContext, dockerCommand: dockerCommand
        ).details()
        if isStatic {
            if plan != nil { throw .invalid("/plan", "a static_site has none") }
            if region != nil { throw .invalid("/region", "a static_site has none") }
            return details
        }
        let isContainer = ["docker", "image"].contains(runtime)
        if !isContainer, buildCommand == nil || startCommand == nil {
            throw .invalid(buildCommand == nil ? "/buildCommand" : "/startCommand", "a \(type) needs one")
        }
        if type == "cron_job", isContainer, runtime == "docker" || dockerCommand != nil {
            // Of a cron job the API wants all three; these are the values that it takes for others by itself.
            var container = details["envSpecificDetails"]?.object ?? [:]
            container.insert("dockerCommand", "")
            container.insert("dockerContext", ".")
            container.insert("dockerfilePath", "./Dockerfile")
            details["envSpecificDetails"] = .object(container)
        }
        details["runtime"] = runtime.map { .string($0) }
        details["plan"] = plan.map { .string($0) }
        details["region"] = region.map { .string($0) }
        details["schedule"] = schedule.map { .string($0) }
        return details
    }
}
