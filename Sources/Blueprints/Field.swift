// SPDX-License-Identifier: Apache-2.0

/// A field of a resource in the one internal form, which both dialects of blueprints and what is live are brought into.
///
/// The raw value is the field's name in plans and records. The comment gives the shape of its value as JSON. A field that
/// a file does not write is absent; one that it writes empty is `null`, `""`, `[]` or `{}` as the shape has it.
package enum Field: String, Sendable, Hashable, CaseIterable, Comparable {
    // Services.
    /// Text, such as `starter` or `pro_plus`: in the API's spelling (`_` where Render's files have a space or `-`).
    case plan
    /// Text, such as `frankfurt`.
    case region
    /// Text: docker, elixir, go, node, python, ruby, rust or image; absent for a static site.
    case runtime
    /// Text: the URL of the repository.
    case repo
    case branch
    /// `{"url": text, "registryCredential": text?}`: an image and the name of the credential that pulls it.
    case image
    case rootDir
    case buildCommand
    case startCommand
    case preDeployCommand
    case dockerCommand
    case dockerContext
    case dockerfilePath
    /// Text: the name of the registry credential that pulls a Dockerfile's base images.
    case registryCredential
    /// Integer; what is live is left alone while `scaling` is set.
    case numInstances
    /// `{"min": integer, "max": integer, "cpu": integer?, "memory": integer?}`, the last two in percent; null for none.
    case scaling
    case healthCheckPath
    /// Text: a cron expression.
    case schedule
    /// Text: a static site's folder.
    case publishPath
    /// Array of `{"path", "name", "value"}`, whose order has no meaning.
    case headers
    /// Array of `{"type": redirect or rewrite, "source", "destination"}`, whose order is their priority.
    case routes
    /// Array of text, without those that Render adds by itself.
    case domains
    /// Text: commit, off or checksPass. `autoDeploy: true` is commit, `false` is off.
    case autoDeployTrigger
    /// Text: a command run once after the first deploy.
    case initialDeployHook
    /// `{"name": text, "mountPath": text, "sizeGB": integer}`.
    case disk
    /// `{"paths": [text], "ignoredPaths": [text]}`, both always there.
    case buildFilter
    /// `{"generation": off, manual or automatic, "plan": text?, "numInstances": integer?}`.
    case previews
    /// `{"enabled": bool, "uri": text}`.
    case maintenanceMode
    case maxShutdownDelaySeconds
    /// Array of `{"cidrBlock": text, "description": text}`.
    case ipAllowList
    /// Text: enabled or disabled.
    case renderSubdomainPolicy
    /// Text: the name of an entry of the file's `buildSources`.
    case buildSource
    // Key values.
    /// Text in the API's spelling, such as `allkeys_lru`.
    case maxmemoryPolicy
    /// Text, such as `off`.
    case persistenceMode
    /// Text: the plan of previews' instances (key values and databases).
    case previewPlan
    // Databases.
    case databaseName
    case databaseUser
    /// Text: the major version of PostgreSQL.
    case version
    case diskSizeGB
    /// Bool.
    case storageAutoscaling
    /// Any: passed on as written.
    case connectionPool
    case previewDiskSizeGB
    /// Bool.
    case highAvailability
    /// Array of text: the names of the replicas.
    case readReplicas
    // Environments of projects.
    /// Text: enabled or disabled.
    case networkIsolation
    /// Text: protected or unprotected.
    case protection

    package static func < (left: Field, right: Field) -> Bool { left.order < right.order }

    /// The place in the order of declaration, which is the order in which plans name fields.
    private var order: Int { Self.places[self] ?? 0 }
    private static let places = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}
