// SPDX-License-Identifier: Apache-2.0

package import Common

/// A change of a service's settings, made into the body that the service's type asks for: the same setting stands in
/// different places for a static site, a server and a container. A member that is nil is left as it is.
package struct ServicePatch: Sendable, Hashable {
    package var name: String?
    package var branch: String?
    package var autoDeploy: Bool?
    package var rootDir: String?
    package var buildCommand: String?
    package var startCommand: String?
    package var publishPath: String?
    package var healthCheckPath: String?
    package var dockerfilePath: String?
    package var dockerContext: String?

    package init(
        name: String? = nil, branch: String? = nil, autoDeploy: Bool? = nil, rootDir: String? = nil,
        buildCommand: String? = nil, startCommand: String? = nil, publishPath: String? = nil,
        healthCheckPath: String? = nil, dockerfilePath: String? = nil, dockerContext: String? = nil
    ) {
        self.name = name
        self.branch = branch
        self.autoDeploy = autoDeploy
        self.rootDir = rootDir
        self.buildCommand = buildCommand
        self.startCommand = startCommand
        self.publishPath = publishPath
        self.healthCheckPath = healthCheckPath
        self.dockerfilePath = dockerfilePath
        self.dockerContext = dockerContext
    }

    package var isEmpty: Bool { self == ServicePatch() }

    /// The body of `RenderClient.updateService` for `service`; throws when a service of its type has no such setting.
    package func body(for service: RenderService) throws(Problem) -> JSONObject {
        let settings = ServiceSettings(
            type: service.type, runtime: service.details.runtime, buildCommand: buildCommand,
            startCommand: startCommand, publishPath: publishPath, healthCheckPath: healthCheckPath,
            dockerfilePath: dockerfilePath, dockerContext: dockerContext)
        var body: JSONObject = [:]
        body["name"] = name.map { .string($0) }
        body["branch"] = branch.map { .string($0) }
        body["autoDeploy"] = autoDeploy.map { $0 ? "yes" : "no" }
        body["rootDir"] = rootDir.map { .string($0) }
        let details = try settings.details()
        if !details.isEmpty { body["serviceDetails"] = .object(details) }
        return body
    }
}

/// The settings whose place depends on the type of the service and what it runs on.
struct ServiceSettings {
    let type: String
    let runtime: String?
    var buildCommand: String?
    var startCommand: String?
    var publishPath: String?
    var healthCheckPath: String?
    var dockerfilePath: String?
    var dockerContext: String?
    var dockerCommand: String?

    /// `serviceDetails` with what there is.
    func details() throws(Problem) -> JSONObject {
        var details: JSONObject = [:]
        var ofRuntime: JSONObject = [:]
        let isStatic = type == "static_site"
        let isContainer = ["docker", "image"].contains(runtime)
        func put(_ value: String?, _ name: String, fits: Bool, into object: inout JSONObject) throws(Problem) {
            guard let value else { return }
            guard fits else {
                let what = isContainer ? "\(type) that runs a container" : type
                throw .invalid("/\(name)", "a \(what) has none")
            }
            object[name] = .string(value)
        }
        try put(publishPath, "publishPath", fits: isStatic, into: &details)
        try put(healthCheckPath, "healthCheckPath", fits: type == "web_service", into: &details)
        if isStatic {
            try put(buildCommand, "buildCommand", fits: true, into: &details)
        } else {
            try put(buildCommand, "buildCommand", fits: !isContainer, into: &ofRuntime)
        }
        try put(startCommand, "startCommand", fits: !isStatic && !isContainer, into: &ofRuntime)
        try put(dockerfilePath, "dockerfilePath", fits: runtime == "docker", into: &ofRuntime)
        try put(dockerContext, "dockerContext", fits: runtime == "docker", into: &ofRuntime)
        try put(dockerCommand, "dockerCommand", fits: isContainer, into: &ofRuntime)
        if !ofRuntime.isEmpty { details["envSpecificDetails"] = .object(ofRuntime) }
        return details
    }
}
