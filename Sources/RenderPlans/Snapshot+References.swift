// SPDX-License-Identifier: Apache-2.0

package import Blueprints
package import Common

extension Snapshot {
    /// What a reference stands for by what is live alone; nil when its target is not there, or does not tell it (yet).
    package func value(of reference: EnvironmentReference) -> Secret<String>? {
        guard let target = resources[reference.target] else { return nil }
        switch reference {
        case .database(_, let property): return target.databaseValue(property)
        case .keyValue(_, let property): return target.keyValueValue(property)
        case .service(_, _, let property):
            return target.serviceValue(property, port: port(of: target)).map(Secret.init)
        case .serviceVariable(let name, _, let key):
            return variable(key, of: target)
                ?? target.variableOfRender(key, name: name, port: port(of: target)).map(Secret.init)
        case .keyValueVariable: return nil
        }
    }

    /// A variable of the service itself wins over one of its groups; of two groups, the first by name.
    private func variable(_ key: String, of service: LiveResource) -> Secret<String>? {
        if let own = service.environment[key] { return own }
        for group in service.groups.sorted() {
            if let shared = resources[ResourceAddress(.envGroup, group)]?.environment[key] { return shared }
        }
        return nil
    }

    /// Where a service listens: what its `PORT` tells it to, then what Render has seen, then what Render gives it. What was
    /// seen is of the last deploy, and would be wrong for as long as a new `PORT` is not deployed.
    private func port(of service: LiveResource) -> Int {
        variable("PORT", of: service).flatMap { Int($0.reveal()) } ?? service.ports.min() ?? LiveResource.standardPort
    }
}

extension LiveResource {
    /// The port that Render gives a service which does not say where it listens.
    static let standardPort = 10_000

    fileprivate func databaseValue(_ property: EnvironmentReference.DatabaseProperty) -> Secret<String>? {
        guard let connection, let url = ConnectionURL(connection.internalURL) else { return nil }
        switch property {
        case .connectionString: return connection.internalURL
        case .connectionPoolString: return connection.pooledURL
        case .host: return Secret(url.host)
        case .port: return Secret(url.port ?? "5432")
        case .user: return (url.user ?? fields[.databaseUser]?.string).map(Secret.init)
        case .password: return url.password.map(Secret.init) ?? connection.password
        case .database: return (url.path ?? fields[.databaseName]?.string).map(Secret.init)
        }
    }

    fileprivate func keyValueValue(_ property: EnvironmentReference.ServiceProperty) -> Secret<String>? {
        guard let connection, let url = ConnectionURL(connection.internalURL) else { return nil }
        switch property {
        case .connectionString: return connection.internalURL
        case .host, .slug: return Secret(url.host)
        case .port: return Secret(url.port ?? "6379")
        case .hostport: return Secret("\(url.host):\(url.port ?? "6379")")
        }
    }

    func serviceValue(_ property: EnvironmentReference.ServiceProperty, port: Int) -> String? {
        guard let slug, !slug.isEmpty else { return nil }
        switch property {
        // Within the private network a service's name is its slug.
        case .host, .slug: return slug
        case .port: return String(port)
        case .hostport: return "\(slug):\(port)"
        case .connectionString: return nil
        }
    }

    /// The variables that Render sets in every service by itself.
    fileprivate func variableOfRender(_ key: String, name: String, port: Int) -> String? {
        switch key {
        case "RENDER": "true"
        case "RENDER_SERVICE_ID": id
        case "RENDER_SERVICE_NAME": name
        case "RENDER_SERVICE_TYPE": serviceType?.nameInEnvironment
        case "RENDER_EXTERNAL_URL": url
        case "RENDER_EXTERNAL_HOSTNAME": hostname
        case "PORT" where serviceType == .webService: String(port)
        default: nil
        }
    }

    private var hostname: String? {
        guard let url, let scheme = url.firstRange(of: "://") else { return nil }
        return String(url[scheme.upperBound...].prefix { $0 != "/" })
    }
}

extension ServiceType {
    /// What `RENDER_SERVICE_TYPE` says of it.
    fileprivate var nameInEnvironment: String? {
        switch self {
        case .webService: "web"
        case .staticSite: "static"
        case .privateService: "pserv"
        case .backgroundWorker: "worker"
        case .cronJob: "cron"
        case .workflow: nil
        }
    }
}
