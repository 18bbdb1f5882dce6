// SPDX-License-Identifier: Apache-2.0

import Common
import Synchronization

/// What somebody else does: in the dashboard, in the repository, in another tool.
extension FakeRender {
    /// Changes a service behind everybody's back. Answers whether there is one of that id.
    @discardableResult
    package func edit(service id: String, _ change: (inout FakeService) -> Void) -> Bool {
        world.withLock { world in
            guard var service = world.services[id] else { return false }
            change(&service)
            service.updatedAt = world.now
            world.services[id] = service
            return true
        }
    }

    package func edit(database id: String, _ change: (inout FakeDatabase) -> Void) {
        world.withLock { $0.databases.change(id, change) }
    }

    package func edit(keyValue id: String, _ change: (inout FakeKeyValue) -> Void) {
        world.withLock { $0.keyValues.change(id, change) }
    }

    package func edit(group id: String, _ change: (inout FakeEnvGroup) -> Void) {
        world.withLock { $0.envGroups.change(id, change) }
    }

    /// Sets a variable of a service, or takes it away.
    package func setEnv(service id: String, _ key: String, _ value: String?) {
        edit(service: id) { service in
            service.env.removeAll { $0.key == key }
            if let value { service.env.append(FakeVariable(key: key, value: Secret(value))) }
        }
    }

    /// Deletes whatever has that id.
    package func delete(_ id: String) {
        world.withLock { world in
            world.forget(service: id)
            world.databases[id] = nil
            world.keyValues[id] = nil
            world.envGroups[id] = nil
        }
    }

    /// What is in a repository from now on, for builds that start later.
    package func setRepository(_ url: String, _ repository: PretendRepository) {
        world.withLock { $0.repositories[url] = repository }
    }

    /// The same for one service, whatever its repository.
    package func setRepository(service id: String, _ repository: PretendRepository) {
        world.withLock { $0.repositories[id] = repository }
    }

    /// A commit is pushed: the services that deploy by themselves do.
    package func push(to repo: String, branch: String = "main") {
        world.withLock { world in
            world.heads["\(repo)#\(branch)"] = nil
            for service in world.services.values
            where service.repo == repo && service.branch == branch && service.autoDeploy == "yes" {
                _ = try? world.start(.init(service: service.id, trigger: "new_commit"))
            }
        }
    }

    /// Adds a credential for a registry, and answers its id.
    @discardableResult
    package func addCredential(name: String, registry: String = "DOCKER", username: String = "robot") -> String {
        world.withLock { world in
            let credential = FakeCredential(
                id: world.minting.id("rgc"), name: name, registry: registry, username: username,
                ownerID: world.ownerID, updatedAt: world.now)
            world.credentials[credential.id] = credential
            return credential.id
        }
    }

    /// Lets one of Render's own Blueprints have those resources, and answers its id.
    @discardableResult
    package func addBlueprint(name: String, repo: String = "https://github.com/acme/app", owning ids: [String])
        -> String
    {
        world.withLock { world in
            let blueprint = FakeBlueprint(
                id: world.minting.id("exs"), name: name, ownerID: world.ownerID, repo: repo, resourceIDs: ids,
                lastSync: world.now)
            world.blueprints[blueprint.id] = blueprint
            return blueprint.id
        }
    }

    /// Makes a preview of a service, of the same name as Render's are not told apart by it.
    @discardableResult
    package func addPreview(of id: String) -> String? {
        world.withLock { world in
            guard let parent = world.services[id] else { return nil }
            var preview = FakeService(
                id: world.minting.id("srv"), name: parent.name, slug: world.freeSlug("\(parent.name)-pr-1"),
                ownerID: parent.ownerID, type: parent.type, details: parent.details, createdAt: world.now,
                updatedAt: world.now)
            preview.repo = parent.repo
            preview.branch = "pr-1"
            preview.parent = id
            preview.env = parent.env
            world.services[preview.id] = preview
            return preview.id
        }
    }
}
