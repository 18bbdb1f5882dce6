// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// Everything that is asked of Render's API, by the names that its published description has for it.
package enum RenderOperation: String, Sendable, CaseIterable {
    case listOwners = "list-owners"
    case listServices = "list-services"
    case retrieveService = "retrieve-service"
    case createService = "create-service"
    case updateService = "update-service"
    case deleteService = "delete-service"
    case suspendService = "suspend-service"
    case scaleService = "scale-service"
    case setAutoscaling = "autoscale-service"
    case deleteAutoscaling = "delete-autoscaling-config"
    case listEnvVars = "get-env-vars-for-service"
    case replaceEnvVars = "update-env-vars-for-service"
    case setEnvVar = "update-env-var"
    case deleteEnvVar = "delete-env-var"
    case listHeaders = "list-headers"
    case replaceHeaders = "update-headers"
    case listRoutes = "list-routes"
    case replaceRoutes = "put-routes"
    case listCustomDomains = "list-custom-domains"
    case createCustomDomain = "create-custom-domain"
    case deleteCustomDomain = "delete-custom-domain"
    case listDeploys = "list-deploys"
    case retrieveDeploy = "retrieve-deploy"
    case createDeploy = "create-deploy"
    case cancelDeploy = "cancel-deploy"
    case listEvents = "list-events"
    case listLogs = "list-logs"
    case addDisk = "add-disk"
    case updateDisk = "update-disk"
    case listDatabases = "list-postgres"
    case createDatabase = "create-postgres"
    case updateDatabase = "update-postgres"
    case retrieveDatabaseConnection = "retrieve-postgres-connection-info"
    case listKeyValues = "list-key-value"
    case createKeyValue = "create-key-value"
    case updateKeyValue = "update-key-value"
    case retrieveKeyValueConnection = "retrieve-key-value-connection-info"
    case listEnvGroups = "list-env-groups"
    case retrieveEnvGroup = "retrieve-env-group"
    case createEnvGroup = "create-env-group"
    case deleteEnvGroup = "delete-env-group"
    case setGroupEnvVar = "update-env-group-env-var"
    case deleteGroupEnvVar = "delete-env-group-env-var"
    case linkEnvGroup = "link-service-to-env-group"
    case unlinkEnvGroup = "unlink-service-from-env-group"
    case listProjects = "list-projects"
    case createProject = "create-project"
    case listEnvironments = "list-environments"
    case createEnvironment = "create-environment"
    case updateEnvironment = "update-environment"
    case addToEnvironment = "add-resources-to-environment"
    case listRegistryCredentials = "list-registry-credentials"
    case listBlueprints = "list-blueprints"
    case retrieveBlueprint = "retrieve-blueprint"

    package var method: HTTPRequest.Method { declaration.method }

    /// The path below the API's address, with a name in braces for each parameter.
    package var template: String { declaration.template }

    private var declaration: (method: HTTPRequest.Method, template: String) {
        switch self {
        case .listOwners: (.get, "/owners")
        case .listServices: (.get, "/services")
        case .retrieveService: (.get, "/services/{serviceId}")
        case .createService: (.post, "/services")
        case .updateService: (.patch, "/services/{serviceId}")
        case .deleteService: (.delete, "/services/{serviceId}")
        case .suspendService: (.post, "/services/{serviceId}/suspend")
        case .scaleService: (.post, "/services/{serviceId}/scale")
        case .setAutoscaling: (.put, "/services/{serviceId}/autoscaling")
        case .deleteAutoscaling: (.delete, "/services/{serviceId}/autoscaling")
        case .listEnvVars: (.get, "/services/{serviceId}/env-vars")
        case .replaceEnvVars: (.put, "/services/{serviceId}/env-vars")
        case .setEnvVar: (.put, "/services/{serviceId}/env-vars/{envVarKey}")
        case .deleteEnvVar: (.delete, "/services/{serviceId}/env-vars/{envVarKey}")
        case .listHeaders: (.get, "/services/{serviceId}/headers")
        case .replaceHeaders: (.put, "/services/{serviceId}/headers")
        case .listRoutes: (.get, "/services/{serviceId}/routes")
        case .replaceRoutes: (.put, "/services/{serviceId}/routes")
        case .listCustomDomains: (.get, "/services/{serviceId}/custom-domains")
        case .createCustomDomain: (.post, "/services/{serviceId}/custom-domains")
        case .deleteCustomDomain: (.delete, "/services/{serviceId}/custom-domains/{customDomainIdOrName}")
        case .listDeploys: (.get, "/services/{serviceId}/deploys")
        case .retrieveDeploy: (.get, "/services/{serviceId}/deploys/{deployId}")
        case .createDeploy: (.post, "/services/{serviceId}/deploys")
        case .cancelDeploy: (.post, "/services/{serviceId}/deploys/{deployId}/cancel")
        case .listEvents: (.get, "/services/{serviceId}/events")
        case .listLogs: (.get, "/logs")
        case .addDisk: (.post, "/disks")
        case .updateDisk: (.patch, "/disks/{diskId}")
        case .listDatabases: (.get, "/postgres")
        case .createDatabase: (.post, "/postgres")
        case .updateDatabase: (.patch, "/postgres/{postgresId}")
        case .retrieveDatabaseConnection: (.get, "/postgres/{postgresId}/connection-info")
        case .listKeyValues: (.get, "/key-value")
        case .createKeyValue: (.post, "/key-value")
        case .updateKeyValue: (.patch, "/key-value/{keyValueId}")
        case .retrieveKeyValueConnection: (.get, "/key-value/{keyValueId}/connection-info")
        case .listEnvGroups: (.get, "/env-groups")
        case .retrieveEnvGroup: (.get, "/env-groups/{envGroupId}")
        case .createEnvGroup: (.post, "/env-groups")
        case .deleteEnvGroup: (.delete, "/env-groups/{envGroupId}")
        case .setGroupEnvVar: (.put, "/env-groups/{envGroupId}/env-vars/{envVarKey}")
        case .deleteGroupEnvVar: (.delete, "/env-groups/{envGroupId}/env-vars/{envVarKey}")
        case .linkEnvGroup: (.post, "/env-groups/{envGroupId}/services/{serviceId}")
        case .unlinkEnvGroup: (.delete, "/env-groups/{envGroupId}/services/{serviceId}")
        case .listProjects: (.get, "/projects")
        case .createProject: (.post, "/projects")
        case .listEnvironments: (.get, "/environments")
        case .createEnvironment: (.post, "/environments")
        case .updateEnvironment: (.patch, "/environments/{environmentId}")
        case .addToEnvironment: (.post, "/environments/{environmentId}/resources")
        case .listRegistryCredentials: (.get, "/registrycredentials")
        case .listBlueprints: (.get, "/blueprints")
        case .retrieveBlueprint: (.get, "/blueprints/{blueprintId}")
        }
    }

    /// Whether doing it twice does no more than once. Every PATCH of this API sets members to values; a POST is left out even
    /// where it only sets something, since by then somebody else may have set it again.
    package var mayRepeat: Bool { method != .post }
}
