// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let accounts: [Operation] = [
        Operation(.GET, "/owners", "list-owners") { world, call throws(Refusal) in
            let owners = world.owners.values.filter {
                call.admitsRepeated("name", $0.name) && call.admitsRepeated("email", $0.email)
            }
            return try Paging(call).answer(owners.map { ($0.id, $0.json) }, as: "owner")
        },
        Operation(.GET, "/owners/{ownerId}", "retrieve-owner") { world, call throws(Refusal) in
            guard let owner = world.owners[call.parameter("ownerId")] else { throw .notFound("owner") }
            return FakeAnswer(200, owner.json)
        },
        Operation(.GET, "/registrycredentials", "list-registry-credentials") { world, call throws(Refusal) in
            let found = world.credentials.values.filter {
                call.admits("name", $0.name) && call.admits("username", $0.username)
                    && call.admits("type", $0.registry) && call.admits("ownerId", $0.ownerID)
            }
            let items = found.map { ($0.id, $0.json) }
            let paging = try Paging(call)
            guard world.settings.wrapsBareLists else { return try paging.bareAnswer(items) }
            return try paging.answer(items, as: "registryCredential")
        },
    ]
}
