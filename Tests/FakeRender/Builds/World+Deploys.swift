// SPDX-License-Identifier: Apache-2.0

import Common

extension World {
    /// Starts a deploy; nil when it waits behind one that is under way.
    mutating func start(_ request: DeployRequest) throws(Refusal) -> FakeDeploy? {
        let service = try service(request.service)
        guard !service.isSuspended else { throw .conflict("the service is suspended") }
        var deploy = newDeploy(request, service)
        let running = deploys.values.filter { $0.serviceID == service.id && !$0.isFinished }
        guard running.isEmpty else {
            // One waits at most: the newest takes the place of the one before it.
            for waiting in running where waiting.status == "queued" { cancel(waiting.id) }
            deploy.status = "queued"
            waiting[deploy.id] = request
            deploys[deploy.id] = deploy
            return nil
        }
        deploys[deploy.id] = deploy
        begin(deploy.id, request)
        if settings.pace == .immediate { while step(deploy.id) {} }
        return deploys[deploy.id]
    }

    private mutating func newDeploy(_ request: DeployRequest, _ service: FakeService) -> FakeDeploy {
        let repository = repository(of: service)
        var deploy = FakeDeploy(
            id: minting.id("dep"), serviceID: service.id, buildID: minting.id("bld"), status: "created",
            trigger: request.trigger, mode: request.mode, clearsCache: request.clearsCache, createdAt: now,
            updatedAt: now)
        if let path = service.image?["imagePath"]?.string {
            deploy.imageRef = request.image ?? path
        } else {
            deploy.commit = request.commit ?? repository.commit ?? headCommit(of: service)
            deploy.commitMessage = repository.commitMessage
        }
        return deploy
    }

    /// The newest commit of a branch, the same each time it is asked for.
    private mutating func headCommit(of service: FakeService) -> String {
        let branch = "\(service.repo ?? "")#\(service.branch ?? "")"
        if let known = heads[branch] { return known }
        let made = minting.commit()
        heads[branch] = made
        return made
    }

    /// Plays a deploy through as the service now is, and lays out its phases.
    private mutating func begin(_ id: String, _ request: DeployRequest) {
        guard let deploy = deploys[id], let service = services[deploy.serviceID] else { return }
        let script = DeployScript(deploy, service, request, self)
        let environment = environment(of: service)
        deploys.change(id) { deploy in
            deploy.status = "created"
            deploy.environment = environment
            deploy.phases = script.phases
            deploy.site = script.site
        }
        if case .phases(let length) = settings.pace {
            let next = now + length
            deploys.change(id) { $0.nextAt = next }
        }
        record("deploy_started", of: service.id, script.started(deployment: true))
    }

    /// Takes a deploy into its next phase; false when it is over.
    mutating func step(_ id: String, at moment: Timestamp? = nil) -> Bool {
        guard var deploy = deploys[id], !deploy.isFinished, !deploy.phases.isEmpty else { return false }
        let phase = deploy.phases.removeFirst()
        let time = moment ?? now
        deploy.status = phase.status
        deploy.updatedAt = time
        if deploy.startedAt == nil { deploy.startedAt = time }
        if case .phases(let length) = settings.pace { deploy.nextAt = time + length }
        deploys[id] = deploy
        var last = time
        for (index, line) in phase.lines.enumerated() {
            last = print(line, of: deploy.serviceID, at: time + pause(index, of: phase.lines.count, deploy))
        }
        for event in phase.events { record(event.type, of: deploy.serviceID, event.details, at: time) }
        guard deploy.isFinished else { return true }
        deploys.change(id) { $0.finishedAt = max(last, time) }
        finish(deploy)
        return false
    }

    /// How long after its phase began a line is printed: evenly over a phase that lasts, at once otherwise.
    private func pause(_ index: Int, of count: Int, _ deploy: FakeDeploy) -> Duration {
        guard case .phases(let length) = settings.pace, !deploy.isFinished else { return .microseconds(index) }
        return length * index / (count + 1)
    }

    /// Prints a line, after the one before it; answers when that was.
    @discardableResult
    private mutating func print(_ line: LogText, of service: String, at time: Timestamp) -> Timestamp {
        let moment = max(time, lastLines[service].map { $0 + .microseconds(1) } ?? time)
        lastLines[service] = moment
        logs.append(FakeLogLine(id: minting.text(26), serviceID: service, text: line, time: moment))
        return moment
    }

    private mutating func finish(_ deploy: FakeDeploy) {
        if deploy.status == "live" {
            for other in deploys.values
            where other.serviceID == deploy.serviceID && other.id != deploy.id && other.status == "live" {
                deploys.change(other.id) { $0.status = "deactivated" }
            }
        }
        startWaiting(of: deploy.serviceID)
    }

    private mutating func startWaiting(of service: String) {
        guard
            let next = deploys.values.first(where: { $0.serviceID == service && $0.status == "queued" }),
            let request = waiting[next.id]
        else { return }
        waiting[next.id] = nil
        begin(next.id, request)
        if settings.pace == .immediate { while step(next.id) {} }
    }

    mutating func cancel(_ id: String) {
        guard let deploy = deploys[id], !deploy.isFinished else { return }
        waiting[id] = nil
        let wasQueued = deploy.status == "queued"
        let time = now
        deploys.change(id) { deploy in
            deploy.status = "canceled"
            deploy.phases = []
            deploy.nextAt = nil
            deploy.finishedAt = time
            deploy.updatedAt = time
        }
        guard !wasQueued else { return }
        print(.build("==> Deploy cancelled"), of: deploy.serviceID, at: now)
        record(
            "deploy_ended", of: deploy.serviceID,
            ["deployId": .string(id), "deployStatus": "canceled", "status": 4, "reason": [:]])
        startWaiting(of: deploy.serviceID)
    }

    /// Moves on every deploy whose time has come.
    mutating func catchUp() {
        guard case .phases = settings.pace else { return }
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for id in deploys.order {
                guard let moment = deploys[id]?.nextAt, moment <= now else { continue }
                _ = step(id, at: moment)
                if deploys[id]?.isFinished == true { deploys.change(id) { $0.nextAt = nil } }
                hasMoved = true
            }
        }
    }

    func repository(of service: FakeService) -> PretendRepository {
        repositories[service.id] ?? service.repo.flatMap { repositories[$0] } ?? .obliging
    }

    /// What a build or server of the service sees: what its groups set, and over that what it sets itself.
    func environment(of service: FakeService) -> [String: String] {
        var found: [String: String] = [:]
        for group in envGroups.values where group.serviceIDs.contains(service.id) {
            for variable in group.env { found[variable.key] = variable.value.reveal() }
        }
        for variable in service.env { found[variable.key] = variable.value.reveal() }
        return found
    }
}
