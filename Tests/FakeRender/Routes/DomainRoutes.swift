// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let domains: [Operation] = [
        Operation(.GET, "/services/{serviceId}/custom-domains", "list-custom-domains") { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            var items: [(String, JSONValue)] = []
            for domain in service.domains {
                let type = domain.isApex ? "apex" : "subdomain"
                let status = domain.isVerified ? "verified" : "unverified"
                guard call.admits("name", domain.name), call.admitsRepeated("domainType", type),
                    call.admitsRepeated("verificationStatus", status), try call.admits(created: domain.createdAt)
                else { continue }
                items.append((domain.id, domain.json(of: service)))
            }
            return try Paging(call).answer(items, as: "customDomain")
        },
        Operation(.POST, "/services/{serviceId}/custom-domains", "create-custom-domain") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            guard ["static_site", "web_service"].contains(service.type) else {
                throw .invalid("a \(service.type) has no domains")
            }
            let body = try call.object()
            try body.allow(["name"])
            let name = try body.text("name").lowercased()
            guard !world.services.values.contains(where: { $0.domains.contains { $0.name == name } }) else {
                throw .conflict("the domain \(name) is taken")
            }
            // Trap: the twin comes by itself and redirects to what was asked for.
            let added = world.domains(for: name)
            service.domains += added
            world.replace(service)
            return FakeAnswer(201, .array(added.map { $0.json(of: service) }))
        },
        Operation(
            .POST, "/services/{serviceId}/custom-domains/{customDomainIdOrName}/verify", "refresh-custom-domain"
        ) { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            let index = try service.domain(call)
            service.domains[index].isVerified = true
            world.replace(service)
            return FakeAnswer(202)
        },
        Operation(
            .GET, "/services/{serviceId}/custom-domains/{customDomainIdOrName}", "retrieve-custom-domain"
        ) { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            return FakeAnswer(200, service.domains[try service.domain(call)].json(of: service))
        },
        Operation(
            .DELETE, "/services/{serviceId}/custom-domains/{customDomainIdOrName}", "delete-custom-domain"
        ) { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            let name = service.domains[try service.domain(call)].name
            service.domains.removeAll { $0.name == name || $0.redirectForName == name }
            world.replace(service)
            return FakeAnswer(204)
        },
    ]
}

extension FakeService {
    fileprivate func domain(_ call: FakeCall) throws(Refusal) -> Int {
        let wanted = call.parameter("customDomainIdOrName")
        guard let index = domains.firstIndex(where: { $0.id == wanted || $0.name == wanted }) else {
            throw .notFound("custom domain \(wanted)")
        }
        return index
    }
}

extension World {
    /// The domain, and its twin when it is an apex or its `www`.
    mutating func domains(for name: String) -> [FakeDomain] {
        let labels = name.split(separator: ".")
        let isWWW = labels.first == "www" && labels.count == 3
        let isApex = labels.count == 2
        var found = [
            FakeDomain(
                id: minting.id("cdm"), name: name, isApex: isApex, redirectForName: "", isVerified: false,
                createdAt: now)
        ]
        if isWWW || isApex {
            let twin = isWWW ? labels.dropFirst().joined(separator: ".") : "www.\(name)"
            found.append(
                FakeDomain(
                    id: minting.id("cdm"), name: twin, isApex: isWWW, redirectForName: name, isVerified: false,
                    createdAt: now))
        }
        return found
    }
}
