// SPDX-License-Identifier: Apache-2.0

import Common

extension FakeService {
    /// The service in the form of the API's answers. `site` is where the fake serves a live static site.
    func json(_ world: World) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "autoDeploy": .string(autoDeploy), "autoDeployTrigger": .string(autoDeployTrigger),
            "createdAt": .string(createdAt.description), "updatedAt": .string(updatedAt.description),
            "dashboardUrl": .string("\(world.origin)/__dashboard/\(id)"), "name": .string(name),
            "notifyOnFail": "default", "ownerId": .string(ownerID), "rootDir": .string(rootDir),
            "slug": .string(slug), "suspended": .string(isSuspended ? "suspended" : "not_suspended"),
            "suspenders": .array(isSuspended ? ["user"] : []), "type": .string(type),
        ]
        if let repo { object["repo"] = .string(repo) }
        if let branch { object["branch"] = .string(branch) }
        if let environmentID { object["environmentId"] = .string(environmentID) }
        if let buildFilter { object["buildFilter"] = buildFilter }
        if let path = image?["imagePath"] { object["imagePath"] = path }
        if let credential = image?["registryCredentialId"]?.string.flatMap({ world.credentials[$0] }) {
            object["registryCredential"] = ["id": .string(credential.id), "name": .string(credential.name)]
        }
        object["serviceDetails"] = .object(detailsJSON(world))
        return .object(object)
    }

    private func detailsJSON(_ world: World) -> JSONObject {
        var shown = details
        let ports: [JSONValue] = [["port": JSONValue(world.port(of: self)), "protocol": "TCP"]]
        if let id = shown["envSpecificDetails"]?["registryCredentialId"]?.string {
            var specific = shown["envSpecificDetails"]?.object ?? [:]
            specific["registryCredentialId"] = nil
            if let credential = world.credentials[id] { specific["registryCredential"] = credential.json }
            shown["envSpecificDetails"] = .object(specific)
        }
        shown["buildPlan"] = "starter"
        if type != "cron_job", let parent, let service = world.services[parent] {
            shown["parentServer"] = ["id": .string(parent), "name": .string(service.name)]
        }
        switch type {
        case "static_site": shown["url"] = .string("\(world.origin)/__site/\(slug)")
        case "web_service":
            shown["url"] = .string("https://\(slug).fake-render.test")
            shown["openPorts"] = .array(ports)
        case "private_service":
            shown["url"] = .string("\(slug):\(world.port(of: self))")
            shown["openPorts"] = .array(ports)
        default: break
        }
        if let disk {
            shown["disk"] = [
                "id": .string(disk.id), "name": .string(disk.name), "sizeGB": JSONValue(disk.sizeGB),
                "mountPath": .string(disk.mountPath),
            ]
        }
        return shown
    }
}

extension FakeVariable {
    var json: JSONValue { ["key": .string(key), "value": .string(value.reveal())] }
}

extension FakeSecretFile {
    var json: JSONValue { ["name": .string(name), "content": .string(content.reveal())] }
}

extension FakeHeader {
    var json: JSONValue {
        ["id": .string(id), "path": .string(path), "name": .string(name), "value": .string(value)]
    }
}

extension FakeRoute {
    func json(priority: Int) -> JSONValue {
        [
            "id": .string(id), "type": .string(type), "source": .string(source),
            "destination": .string(destination), "priority": JSONValue(priority),
        ]
    }
}

extension FakeDomain {
    func json(of service: FakeService) -> JSONValue {
        [
            "id": .string(id), "name": .string(name), "domainType": .string(isApex ? "apex" : "subdomain"),
            "publicSuffix": .string(name.split(separator: ".").last.map(String.init) ?? ""),
            "redirectForName": .string(redirectForName),
            "verificationStatus": .string(isVerified ? "verified" : "unverified"),
            "createdAt": .string(createdAt.description),
            "server": ["id": .string(service.id), "name": .string(service.name)],
        ]
    }
}

extension FakeDisk {
    func json(of service: FakeService) -> JSONValue {
        [
            "id": .string(id), "name": .string(name), "sizeGB": JSONValue(sizeGB), "mountPath": .string(mountPath),
            "serviceId": .string(service.id), "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description),
        ]
    }
}
