// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import FakeRender
import Render
import RenderPlans
import Testing

/// What is live is read as plans need it, with as few calls as that takes.
struct SnapshotReaderTests {
    private func withAccount(
        _ body: (FakeRender, RenderClient, SnapshotReader) async throws -> Void
    ) async throws {
        try await FakeRender.run({ $0.schemaPath = KnownBlueprints.document }) { fake in
            let client = RenderClient(baseURL: try BaseURL(fake.baseURL), token: fake.token)
            try await body(fake, client, SnapshotReader(client: client))
        }
    }

    private func read(_ text: String) -> Blueprint { Blueprint.read(Array(text.utf8)) }

    private func make(_ client: RenderClient, _ fake: FakeRender, _ name: String) async throws -> RenderService {
        try await client.createService([
            "type": "web_service", "name": .string(name), "ownerId": .string(fake.ownerID),
            "repo": "https://github.com/acme/api",
            "envVars": [["key": "A", "value": "canary-a"]],
            "serviceDetails": [
                "runtime": "node", "envSpecificDetails": ["buildCommand": "npm ci", "startCommand": "npm start"],
            ],
        ]).service
    }

    @Test func `a service is read in the shapes of fields, and equals the file that made it`() async throws {
        try await withAccount { fake, client, reader in
            let service = try await make(client, fake, "api")
            let blueprint = read(
                """
                services:
                  - type: web
                    name: api
                    runtime: node
                    plan: starter
                    region: oregon
                    repo: https://github.com/acme/api.git
                    buildCommand: npm ci
                    startCommand: npm start
                    numInstances: 1
                    envVars: [{key: A, value: canary-a}]
                """)
            let (snapshot, _) = try await reader.read(
                ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            let live = try #require(snapshot.resources[ResourceAddress(.service, "api")])
            #expect(live.id == service.id && live.serviceType == .webService && live.slug == service.slug)
            #expect(live.environment == ["A": Secret("canary-a")])
            let plan = PlanCompiler.testing().plan(blueprint, live: snapshot, applied: AppliedState())
            #expect(plan.summary == ["adopt service/api: "])
        }
    }

    @Test func `only what the file needs is asked for`() async throws {
        try await withAccount { fake, client, reader in
            _ = try await make(client, fake, "api")
            _ = try await make(client, fake, "other")
            fake.forgetRequests()
            let (snapshot, calls) = try await reader.read(
                ownerID: fake.ownerID, blueprint: read("services: [{type: web, name: api, runtime: node}]"),
                applied: AppliedState())
            #expect(snapshot.resources.keys.map(\.description) == ["service/api"])
            // The list of services and that of Render's own Blueprints.
            #expect(calls == 2 && fake.requests.count == 2)
        }
    }

    @Test func `previews are none of its business, and twins are told apart by the ledger`() async throws {
        try await withAccount { fake, client, reader in
            let first = try await make(client, fake, "api")
            _ = fake.addPreview(of: first.id)
            let blueprint = read("services: [{type: web, name: api, runtime: node}]")
            let alone = try await reader.read(ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            #expect(alone.snapshot.duplicates.isEmpty)
            let second = try await make(client, fake, "api")
            let address = ResourceAddress(.service, "api")
            let twins = try await reader.read(ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            #expect(twins.snapshot.duplicates[address] == [first.id, second.id].sorted())
            for id in [first.id, second.id] {
                let known = AppliedState(resources: [address: .init(id: id, fields: [:])])
                let read = try await reader.read(ownerID: fake.ownerID, blueprint: blueprint, applied: known)
                #expect(read.snapshot.resources[address]?.id == id && read.snapshot.duplicates.isEmpty)
            }
        }
    }

    @Test func `what Render's own Blueprint syncs is marked`() async throws {
        try await withAccount { fake, client, reader in
            let service = try await make(client, fake, "api")
            _ = fake.addBlueprint(name: "theirs", owning: [service.id])
            let blueprint = read("services: [{type: web, name: api, runtime: node, plan: pro}]")
            let (snapshot, _) = try await reader.read(
                ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            #expect(snapshot.resources[ResourceAddress(.service, "api")]?.nativeBlueprint == "theirs")
        }
    }

    @Test func `stores tell how they are reached only to whom refers to them`() async throws {
        try await withAccount { fake, client, reader in
            let database = try await client.createDatabase([
                "name": "db", "ownerId": .string(fake.ownerID), "plan": "basic_256mb", "version": "16",
            ])
            _ = try await client.createKeyValue([
                "name": "kv", "ownerId": .string(fake.ownerID), "plan": "starter",
            ])
            let blueprint = read(
                """
                databases: [{name: db, plan: basic-256mb, postgresMajorVersion: '16'}]
                services:
                  - {type: keyvalue, name: kv, plan: starter, ipAllowList: []}
                  - {type: web, name: w, runtime: node, envVars: [{key: D, fromDatabase: {name: db, property: password}}]}
                """)
            fake.forgetRequests()
            let (snapshot, calls) = try await reader.read(
                ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            let live = try #require(snapshot.resources[ResourceAddress(.postgres, "db")])
            #expect(live.id == database.id && live.connection != nil && live.fields[.version] == "16")
            #expect(snapshot.resources[ResourceAddress(.keyValue, "kv")]?.connection == nil)
            #expect(calls == 5)
            let plan = PlanCompiler.testing().plan(blueprint, live: snapshot, applied: AppliedState())
            #expect(try plan.change("service/w", "env.D").new == live.connection?.password.map { .secret($0) })
            #expect(try plan.action("postgres/db").changes.isEmpty && plan.action("key-value/kv").changes.isEmpty)
        }
    }

    @Test func `without a file, what was applied is read`() async throws {
        try await withAccount { fake, client, reader in
            let service = try await make(client, fake, "api")
            let address = ResourceAddress(.service, "api")
            let known = AppliedState(resources: [
                address: .init(
                    id: service.id,
                    fields: [
                        "plan": keyed.fingerprint("starter", of: .plan, on: address),
                        "env.A": keyed.fingerprint(Secret("canary-a"), ofVariable: "A", on: address),
                    ])
            ])
            let before = try await reader.read(ownerID: fake.ownerID, applied: known).snapshot
            #expect(Drift(fingerprints: keyed).report(before, known).entries.isEmpty)
            fake.setEnv(service: service.id, "A", "changed")
            let after = try await reader.read(ownerID: fake.ownerID, applied: known).snapshot
            #expect(Drift(fingerprints: keyed).report(after, known).entries.map(\.path) == ["env.A"])
        }
    }

    @Test func `an account without anything is read in a few calls`() async throws {
        try await withAccount { fake, _, reader in
            let blueprint = try KnownBlueprints.read("render.blueprint.yaml")
            let (snapshot, calls) = try await reader.read(
                ownerID: fake.ownerID, blueprint: blueprint, applied: AppliedState())
            #expect(snapshot.resources.isEmpty && calls == 4)
        }
    }
}
