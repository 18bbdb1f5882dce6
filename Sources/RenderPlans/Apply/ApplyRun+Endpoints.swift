// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension ApplyRun {
    /// The fields of a service that have endpoints of their own.
    func endpoints(_ action: PlanAction, id: String, fields: [Field: JSONValue]) async throws {
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
            switch field {
            case .disk: try await disk(value, of: action, id: id)
            case .numInstances: try await scale(value, of: action, id: id)
            case .scaling: try await autoscale(value, of: action, id: id)
            case .headers: try await headers(value, of: action, id: id)
            case .routes: try await routes(value, of: action, id: id)
            case .domains: try await domains(value, of: action, id: id)
            default: throw StepFailure("no call of Render's API sets \(field.rawValue) of a service")
            }
            await wrote([field: value], of: action)
        }
    }

    private func field(_ field: Field, of id: String) async throws -> JSONValue {
        LiveShape.fields(of: try await client.service(id))[field] ?? .null
    }

    /// One step that writes one field and reads it back.
    private func write(
        _ field: Field, _ wanted: JSONValue, of action: PlanAction,
        live: @escaping () async throws -> JSONValue, _ call: @escaping () async throws -> Void
    ) async throws {
        let steps = steps
        let resource = action.address
        let different = { () async throws -> [String] in
            differences([field: wanted], [field: try await live()], of: resource)
        }
        try await steps.perform(
            StepRunner.Change(
                name: field.rawValue, find: { _ in try await different().isEmpty ? [:] : nil },
                call: {
                    try await call()
                    try await steps.confirm(different)
                    return [:]
                }),
            of: resource)
    }

    private func disk(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        guard let name = value["name"]?.string, let path = value["mountPath"]?.string else {
            throw StepFailure("disks are never deleted; delete it in Render's dashboard if that is meant")
        }
        let size = value["sizeGB"]?.int ?? 10
        let client = client
        try await write(.disk, value, of: action, live: { try await field(.disk, of: id) }) {
            if let disk = try await client.service(id).details.disk {
                guard disk.sizeGB <= size else { throw StepFailure("disks can only grow") }
                try await client.updateDisk(disk.id, name: name, mountPath: path, sizeGB: size)
            } else {
                _ = try await client.addDisk(service: id, name: name, mountPath: path, sizeGB: size)
            }
        }
    }

    private func scale(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        let client = client
        let count = value.int ?? 1
        try await write(
            .numInstances, value, of: action, live: { try await field(.numInstances, of: id) }
        ) { try await client.scaleService(id, to: count) }
    }

    private func autoscale(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        let client = client
        let autoscaling = Autoscaling(field: value)
        try await write(
            .scaling, value, of: action, live: { try await field(.scaling, of: id) }
        ) { try await client.setAutoscaling(id, autoscaling) }
    }

    private func headers(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        let client = client
        let wanted = try action.complete(.headers, value, live: LiveShape.headers(await client.headers(service: id)))
        try await write(
            .headers, wanted, of: action, live: { LiveShape.headers(try await client.headers(service: id)) }
        ) {
            try await client.replaceHeaders(service: id, (wanted.array ?? []).map(ResponseHeader.init(field:)))
        }
    }

    private func routes(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        let client = client
        let wanted = try action.complete(.routes, value, live: LiveShape.routes(await client.routes(service: id)))
        try await write(.routes, wanted, of: action, live: { LiveShape.routes(try await client.routes(service: id)) }) {
            try await client.replaceRoutes(service: id, (wanted.array ?? []).map(StaticRoute.init(field:)))
        }
    }

    /// One step for each domain that comes or goes.
    private func domains(_ value: JSONValue, of action: PlanAction, id: String) async throws {
        let client = client
        let steps = steps
        let change = action.changes.first { $0.target == .field(.domains) }
        let wanted = Self.names(value)
        var before: [String] = []
        if case .plain(let old)? = change?.old { before = Self.names(old) }
        let live = { () async throws -> Set<String> in
            Set(try await client.customDomains(service: id).map { $0.name.lowercased() })
        }
        let gone = before.filter { !wanted.contains($0) }
        for (name, isAdded) in wanted.filter({ !before.contains($0) }).map({ ($0, true) }) + gone.map({ ($0, false) }) {
            try await steps.perform(
                StepRunner.Change(
                    name: "domain.\(name)", find: { _ in try await live().contains(name) == isAdded ? [:] : nil },
                    call: {
                        if isAdded {
                            try await client.addCustomDomain(service: id, name: name)
                        } else {
                            try await Self.unlessGone { try await client.deleteCustomDomain(service: id, name: name) }
                        }
                        try await steps.confirm { try await live().contains(name) == isAdded ? [] : ["domain.\(name)"] }
                        return [:]
                    }),
                of: action.address)
        }
    }

    private static func names(_ value: JSONValue) -> [String] {
        (value.array ?? []).compactMap { $0.string?.lowercased() }
    }
}

extension PlanAction {
    /// The whole list of headers or routes to write: what the plan wants, then what is live beside what it has seen.
    func complete(_ field: Field, _ wanted: JSONValue, live: JSONValue) -> JSONValue {
        let wantedItems = wanted.array ?? []
        var seen: [JSONValue] = []
        if case .plain(let old)? = changes.first(where: { $0.target == .field(field) })?.old { seen = old.array ?? [] }
        let identity = { (item: JSONValue) -> [String] in
            field == .headers
                ? [item["path"]?.string ?? "", (item["name"]?.string ?? "").lowercased()]
                : [item["source"]?.string ?? ""]
        }
        let known = Set((wantedItems + seen).map(identity))
        return .array(wantedItems + (live.array ?? []).filter { !known.contains(identity($0)) })
    }
}

extension ResponseHeader {
    init(field value: JSONValue) {
        self.init(
            path: value["path"]?.string ?? "/*", name: value["name"]?.string ?? "", value: value["value"]?.string ?? "")
    }
}

extension StaticRoute {
    init(field value: JSONValue) {
        self.init(
            type: value["type"]?.string ?? "rewrite", source: value["source"]?.string ?? "",
            destination: value["destination"]?.string ?? "")
    }
}
