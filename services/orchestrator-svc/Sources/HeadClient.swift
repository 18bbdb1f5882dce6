// SPDX-License-Identifier: Apache-2.0

import Common
import Domain
import HTTPTypes
import Orchestration

/// The heads that logging-svc keeps outside our database.
struct HeadClient: HeadKeeper {
    let client: ServiceClient

    func latest(of workspaceID: ID<Workspace>) async throws -> SignedHead? {
        let call = HTTPCall(.get, "/heads/latest", query: [("workspace_id", workspaceID.rawValue)])
        do {
            return try SignedHead(try await client.send(call).json(), workspaceID)
        } catch let error as HTTPCallError where error.status == 404 {
            return nil
        }
    }

    func keep(_ head: SignedHead, blocks: [BlockContent]) async throws {
        let body: JSONValue = [
            "workspace_id": .string(head.head.workspaceID.rawValue), "block": JSONValue(Int(head.head.block)),
            "position": JSONValue(Int(head.head.position)), "chain": .string(Hex.text(head.head.chain)),
            "signature": .string(Hex.text(head.signature)), "public_key": .string(Hex.text(head.publicKey)),
            "blocks": .array(
                blocks.map { block in
                    [
                        "block": JSONValue(Int(block.number)), "first_position": JSONValue(Int(block.firstPosition)),
                        "last_position": JSONValue(Int(block.lastPosition)), "root": .string(Hex.text(block.root)),
                    ]
                }),
        ]
        do {
            // An identical head again is taken as it was, so a lost answer may be asked for once more.
            _ = try await client.send(HTTPCall(.post, "/heads", json: body, isIdempotent: true))
        } catch HTTPCallError.problem(let problem, _) {
            throw problem
        }
    }

    func heads(of workspaceID: ID<Workspace>, afterBlock block: Int64) async throws -> [SignedHead] {
        let query = [("workspace_id", workspaceID.rawValue), ("after_block", String(block)), ("limit", "500")]
        let answer = try await client.send(HTTPCall(.get, "/heads", query: query)).json()
        return try (answer["heads"]?.array ?? []).map { try SignedHead($0, workspaceID) }
    }
}

extension SignedHead {
    fileprivate init(_ json: JSONValue, _ workspaceID: ID<Workspace>) throws(HTTPCallError) {
        guard let block = json["block"]?.int, let position = json["position"]?.int,
            let chain = json["chain"]?.string.flatMap(Hex.bytes),
            let signature = json["signature"]?.string.flatMap(Hex.bytes),
            let key = json["public_key"]?.string.flatMap(Hex.bytes)
        else { throw HTTPCallError.malformed("the answer is not a signed head") }
        self.init(
            head: ChainHead(workspaceID: workspaceID, block: Int64(block), position: Int64(position), chain: chain),
            signature: signature, publicKey: key)
    }
}
