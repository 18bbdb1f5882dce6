// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import ServiceKit
import Store

extension LoggingService {
    /// Answers `/heads` and `/heads/latest`.
    func answerHeads(_ router: inout EndpointRouter) {
        router.on(HeadsAPI.keep) { input, context in try await keep(input, context) }
        router.on(HeadsAPI.list) { input, _ in
            // One more than asked for tells whether there is more.
            let kept = try await heads.heads(
                of: input.workspaceID, afterBlock: input.afterBlock, limit: input.limit + 1)
            let page = kept.prefix(input.limit)
            return HeadsView(
                heads: page.map { HeadView($0.signed, receivedAt: $0.receivedAt) },
                nextAfterBlock: kept.count > input.limit ? page.last?.signed.head.block : nil)
        }
        router.on(HeadsAPI.latest) { input, _ in
            guard let kept = try await heads.latest(of: input.workspaceID) else {
                throw Problem.notFound("kept head of", input.workspaceID.rawValue)
            }
            return HeadView(kept.signed, receivedAt: kept.receivedAt)
        }
    }

    private func keep(_ input: KeepHead, _ context: CallContext) async throws -> HeadView {
        switch try await heads.keep(input.signed, blocks: input.blocks) {
        case .kept(let kept): return HeadView(kept.signed, receivedAt: kept.receivedAt)
        case .refused(let refusal, let last):
            let problem = Self.problem(refusal, last)
            context.logger.log(
                level: Self.level(of: refusal), "a signed head was refused",
                metadata: [
                    "code": "\(problem.code)", "reason": "\(problem.message)",
                    "workspace_id": "\(input.signed.head.workspaceID)", "block": "\(input.signed.head.block)",
                ])
            throw problem
        }
    }

    /// A correctly signed head of another history than before: an operator must look.
    private static func level(of refusal: SignedHeadRefusal) -> Logger.Level {
        switch refusal {
        case .badSignature: .warning
        case .fork(let fork) where fork.mayBeRace: .info
        case .keyChanged, .fork: .critical
        }
    }

    private static func problem(_ refusal: SignedHeadRefusal, _ last: KeptHead?) -> Problem {
        var details = JSONObject()
        if let head = last?.signed.head {
            details["last_block"] = JSONValue(Int(head.block))
            details["last_position"] = JSONValue(Int(head.position))
            details["last_chain"] = .string(Hex.text(head.chain))
        }
        switch refusal {
        case .badSignature:
            return Problem(
                .invalid, "/signature is not that of the key over this head.", code: "bad_signature",
                fields: [.init("/signature", "is not that of the key over this head")])
        case .keyChanged:
            return Problem(
                .conflict, "The workspace's heads have been signed by another key so far.", code: "key_changed",
                details: details)
        case .fork(let fork):
            return Problem(
                .conflict, "The head does not go on from the last kept one: \(fork.rawValue).", code: "fork",
                details: details)
        }
    }
}
