// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1
import Synchronization

extension FakeRender {
    /// Makes what a person has something to look at with: services of several types that are live, a database, a key-value
    /// instance, a group of variables, and a static site whose build fails because its root directory has been renamed.
    package func seedDemo() throws {
        setRepository("https://github.com/acme/docs", .vite(in: "website"))
        setRepository("https://github.com/acme/shop", .vite(in: "storefront"))
        setRepository("https://github.com/acme/api", .nodeServer(serving: ["/", "/health"]))
        let owner = JSONValue.string(ownerID)
        let database = try make(
            "/postgres",
            [
                "name": "shop-db", "ownerId": owner, "plan": "basic_256mb", "version": "17", "databaseName": "shop",
                "databaseUser": "shop",
            ])
        try make("/key-value", ["name": "shop-cache", "ownerId": owner, "plan": "starter", "ipAllowList": []])
        let url = world.withLock { $0.databases[database]?.internalURL.reveal() ?? "" }
        let api = try make(
            "/services",
            [
                "type": "web_service", "name": "shop-api", "ownerId": owner, "repo": "https://github.com/acme/api",
                "envVars": [
                    ["key": "DATABASE_URL", "value": .string(url)], ["key": "SESSION_KEY", "generateValue": true],
                ],
                "serviceDetails": [
                    "runtime": "node", "healthCheckPath": "/health",
                    "envSpecificDetails": ["buildCommand": "npm ci && npm run build", "startCommand": "npm start"],
                ],
            ])
        let worker = try make(
            "/services",
            [
                "type": "background_worker", "name": "shop-mailer", "ownerId": owner,
                "repo": "https://github.com/acme/api",
                "serviceDetails": [
                    "runtime": "node",
                    "envSpecificDetails": ["buildCommand": "npm ci", "startCommand": "node mailer.js"],
                ],
            ])
        try make(
            "/services", site("shop-front", repo: "https://github.com/acme/shop", rootDir: "storefront", owner))
        try make("/services", site("shop-docs", repo: "https://github.com/acme/docs", rootDir: "docs", owner))
        try make(
            "/env-groups",
            [
                "name": "shop-settings", "ownerId": owner, "serviceIds": [.string(api), .string(worker)],
                "envVars": [
                    ["key": "LOG_LEVEL", "value": "info"], ["key": "MAIL_FROM", "value": "shop@acme.example"],
                ],
            ])
        finishDeploys()
    }

    private func site(_ name: String, repo: String, rootDir: String, _ owner: JSONValue) -> JSONObject {
        [
            "type": "static_site", "name": .string(name), "ownerId": owner, "repo": .string(repo),
            "rootDir": .string(rootDir),
            "serviceDetails": ["buildCommand": "npm ci && npm run build", "publishPath": "dist"],
        ]
    }

    /// Does what a POST of that path does, and answers the id of what it made.
    @discardableResult
    private func make(_ path: String, _ body: JSONObject) throws -> String {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path)
        let call = FakeCall(head, body: JSONValue.object(body).bytes)
        guard case .operation(let operation, _) = Operation.find(.POST, call.segments[...]) else {
            throw Refusal.notFound(path)
        }
        let answer = try world.withLock { world throws(Refusal) in try operation.handler(&world, call) }
        return answer.json?["service"]?["id"]?.string ?? answer.json?["id"]?.string ?? ""
    }
}
