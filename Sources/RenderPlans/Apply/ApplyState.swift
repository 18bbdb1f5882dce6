// SPDX-License-Identifier: Apache-2.0

import Blueprints

/// What the parts of one apply have found out so far.
actor ApplyState {
    private var ids: [ResourceAddress: String]
    private(set) var outcomes: [ResourceAddress: ApplyReport.Outcome] = [:]
    /// Resources that wait for others until the layers are through.
    private var deferred: [PlanAction] = []
    private(set) var deploys: [ApplyReport.Deploy] = []
    /// The values that were written, by resource: what the ledger is told once the resource is through.
    private var applied: [ResourceAddress: [ChangeTarget: PlannedValue?]] = [:]

    /// What was live when the plan was made, and since then of what this apply has made and references ask for.
    private(set) var snapshot: Snapshot

    init(ids: [ResourceAddress: String], snapshot: Snapshot) {
        self.ids = ids
        self.snapshot = snapshot
    }

    func observe(_ live: LiveResource, at resource: ResourceAddress) { snapshot.resources[resource] = live }

    func id(of resource: ResourceAddress) -> String? { ids[resource] }
    func allIDs() -> [ResourceAddress: String] { ids }
    func learn(_ id: String?, of resource: ResourceAddress) { ids[resource] = id }

    func end(_ resource: ResourceAddress, _ outcome: ApplyReport.Outcome) { outcomes[resource] = outcome }

    /// The first of `resources` that did not become what the plan wants.
    func failed(among resources: [ResourceAddress]) -> ResourceAddress? {
        resources.first { outcomes[$0].map { !$0.isGood } ?? false }
    }

    func wait(_ action: PlanAction) { deferred.append(action) }

    func takeDeferred() -> [PlanAction] {
        defer { deferred = [] }
        return deferred
    }

    /// Notes a deploy; a resource whose turn comes again tells of the same one again.
    func started(_ deploy: ApplyReport.Deploy) {
        guard !deploys.contains(where: { $0.resource == deploy.resource && $0.isFirst == deploy.isFirst }) else {
            return
        }
        deploys.append(deploy)
    }

    /// The deploy of each service that was started last; one that another has taken the place of is of no interest.
    func latestDeploys() -> [ResourceAddress: ApplyReport.Deploy] {
        Dictionary(deploys.map { ($0.resource, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// Notes the status of a resource's last deploy, and its id where Render had not told it.
    func saw(_ status: String, id: String, of resource: ResourceAddress) {
        guard let index = deploys.lastIndex(where: { $0.resource == resource }) else { return }
        deploys[index].status = status
        deploys[index].id = deploys[index].id ?? id
    }

    /// Notes what has become of the deploy that Render started with a resource.
    func sawFirst(_ status: String, of resource: ResourceAddress) {
        guard let index = deploys.firstIndex(where: { $0.resource == resource && $0.isFirst }) else { return }
        deploys[index].status = status
    }

    func firstFailure() -> ResourceAddress? { outcomes.filter { !$0.value.isGood }.keys.min() }

    func wrote(_ value: PlannedValue?, to target: ChangeTarget, of resource: ResourceAddress) {
        applied[resource, default: [:]][target] = .some(value)
    }

    func written(to resource: ResourceAddress) -> [ChangeTarget: PlannedValue?] { applied[resource] ?? [:] }
}
