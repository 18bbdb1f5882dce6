// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Render

extension SnapshotReading {
    /// What the lists tell of the resources that matter. Of several of one name, the one that was applied is taken.
    func snapshot(of lists: Lists, applied: AppliedState) -> Snapshot {
        var found: [ResourceAddress: [LiveResource]] = [:]
        func add(isNeeded: Bool = false, _ address: ResourceAddress, _ live: LiveResource) {
            guard isNeeded || needs.contains(address) else { return }
            var live = live
            live.nativeBlueprint = lists.natives[live.id]
            found[address, default: []].append(live)
        }
        let projects = Dictionary(lists.projects.map { ($0.id, $0.name) }) { first, _ in first }
        let environments = Dictionary(
            lists.environments.map { environment in
                (environment.id, ResourceAddress(.environment, name(of: environment, in: projects)))
            }
        ) { first, _ in first }
        // An environment that cannot be read is still another one than any the file names.
        func placement(_ id: String?) -> ResourceAddress? {
            guard needs.readsPlacement, let id, !id.isEmpty else { return nil }
            return environments[id] ?? ResourceAddress(.environment, id)
        }
        for project in lists.projects { add(ResourceAddress(.project, project.name), LiveResource(id: project.id)) }
        for environment in lists.environments {
            add(
                ResourceAddress(.environment, name(of: environment, in: projects)),
                LiveResource(id: environment.id, fields: LiveShape.fields(of: environment)))
        }
        for database in lists.databases {
            add(
                ResourceAddress(.postgres, database.name),
                LiveResource(
                    id: database.id, fields: LiveShape.fields(of: database),
                    environmentOfProject: placement(database.environmentID)))
        }
        for instance in lists.keyValues {
            add(
                ResourceAddress(.keyValue, instance.name),
                LiveResource(
                    id: instance.id, fields: LiveShape.fields(of: instance),
                    environmentOfProject: placement(instance.environmentID)))
        }
        let users = Set(
            lists.services.filter { needs.sources.contains(ResourceAddress(.service, $0.name)) }.map(\.id))
        for group in lists.groups {
            // A variable that is referred to may be one of a group that the file does not name.
            let isSource = !users.isDisjoint(with: group.serviceIDs)
            add(
                isNeeded: isSource,
                ResourceAddress(.envGroup, group.name),
                LiveResource(
                    id: group.id, linkedServices: Set(group.serviceIDs),
                    environmentOfProject: placement(group.environmentID)))
        }
        // A preview has a service's name or one like it, and is none of the file's business.
        for service in lists.services where service.details.parentServerID == nil {
            add(
                ResourceAddress(.service, service.name),
                LiveResource(
                    id: service.id, serviceType: ServiceType(rawValue: service.type),
                    fields: LiveShape.fields(of: service),
                    groups: Set(lists.groups.filter { $0.serviceIDs.contains(service.id) }.map(\.name)),
                    environmentOfProject: placement(service.environmentID), url: service.details.url,
                    slug: service.slug, ports: service.details.openPorts))
        }
        return snapshot(of: found, lists, applied)
    }

    private func name(of environment: RenderEnvironment, in projects: [String: String]) -> String {
        "\(projects[environment.projectID] ?? environment.projectID)/\(environment.name)"
    }

    private func snapshot(
        of found: [ResourceAddress: [LiveResource]], _ lists: Lists, _ applied: AppliedState
    ) -> Snapshot {
        var snapshot = Snapshot(
            ownerID: ownerID,
            registryCredentials: Dictionary(lists.credentials.map { ($0.name, $0.id) }) { first, _ in first })
        for (address, candidates) in found {
            let byID = candidates.sorted { $0.id < $1.id }
            if let ours = byID.first(where: { $0.id == applied.resources[address]?.id }) {
                snapshot.resources[address] = ours
            } else {
                snapshot.resources[address] = byID.first
                if byID.count > 1 { snapshot.duplicates[address] = byID.map(\.id) }
            }
        }
        return snapshot
    }
}
