// SPDX-License-Identifier: Apache-2.0

import Common

/// Everything the fake knows. Handlers change it while nobody else does.
struct World: Sendable {
    let settings: FakeRenderSettings
    /// Where the server is, such as `http://127.0.0.1:4711`.
    var origin = ""
    var minting: Minting
    var owners = Shelf<FakeOwner>()
    var services = Shelf<FakeService>()
    var databases = Shelf<FakeDatabase>()
    var keyValues = Shelf<FakeKeyValue>()
    var envGroups = Shelf<FakeEnvGroup>()
    var projects = Shelf<FakeProject>()
    var environments = Shelf<FakeEnvironment>()
    var credentials = Shelf<FakeCredential>()
    var blueprints = Shelf<FakeBlueprint>()
    var deploys = Shelf<FakeDeploy>()
    var events: [FakeEvent] = []
    var logs: [FakeLogLine] = []
    var repositories: [String: PretendRepository] = [:]
    /// How many reads after a write of a service still show what it was.
    var lagReads = 0
    var lagging: [String: Lagging] = [:]
    /// Requests for deploys that wait behind another, by the deploy.
    var waiting: [String: DeployRequest] = [:]
    /// The newest commits of branches.
    var heads: [String: String] = [:]
    /// When each service's last line was printed.
    var lastLines: [String: Timestamp] = [:]
    private var manualTime: Timestamp

    init(_ settings: FakeRenderSettings) {
        self.settings = settings
        minting = Minting(seed: settings.seed)
        manualTime =
            switch settings.time {
            case .system: .now()
            case .manual(let start): start
            }
        let owner = FakeOwner(id: minting.id("tea"), name: settings.ownerName, email: settings.ownerEmail)
        owners[owner.id] = owner
    }

    var now: Timestamp {
        switch settings.time {
        case .system: .now()
        case .manual: manualTime
        }
    }

    /// Moves a manual clock; a system clock moves by itself.
    mutating func pass(_ duration: Duration) { manualTime = manualTime + duration }

    var ownerID: String { owners.order.first ?? "" }

    func port(of service: FakeService) -> Int {
        service.env.first { $0.key == "PORT" }.flatMap { Int($0.value.reveal()) } ?? 10_000
    }

    /// A service, or the refusal that there is none.
    func service(_ id: String) throws(Refusal) -> FakeService {
        guard let service = services[id] else { throw .notFound("service \(id)") }
        return service
    }

    /// Adds what happened to a service.
    mutating func record(_ type: String, of service: String, _ details: JSONObject = [:], at time: Timestamp? = nil) {
        events.append(
            FakeEvent(
                id: minting.id("evt"), serviceID: service, type: type, time: time ?? now, details: details))
    }

    /// A slug that no service has: the name, and a number when the name is taken.
    func freeSlug(_ name: String) -> String {
        let letters = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let base = String(letters)
        let taken = Set(services.values.map(\.slug))
        var slug = base
        var number = 2
        while taken.contains(slug) {
            slug = "\(base)-\(number)"
            number += 1
        }
        return slug
    }

    /// The effect of taking something out of every place that names it.
    mutating func forget(service id: String) {
        services[id] = nil
        for group in envGroups.values {
            envGroups.change(group.id) { $0.serviceIDs.removeAll { $0 == id } }
        }
        for blueprint in blueprints.values {
            blueprints.change(blueprint.id) { $0.resourceIDs.removeAll { $0 == id } }
        }
        for deploy in deploys.values where deploy.serviceID == id { deploys[deploy.id] = nil }
        events.removeAll { $0.serviceID == id }
        logs.removeAll { $0.serviceID == id }
    }
}
