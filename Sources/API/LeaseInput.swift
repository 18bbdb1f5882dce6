// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// The token and the epoch that a worker got with its claim and sends with every call after it.
package struct LeaseInput: Sendable {
    package let epoch: Int
    package let token: Secret<String>

    /// The proof that the run is the caller's.
    package func proof(of runID: ID<Run>, _ signer: LeaseSigner) -> LeaseProof {
        LeaseProof(runID: runID, epoch: epoch, token: token, signer: signer)
    }
}

extension InputReader {
    /// The lease, from the headers or, where there is a JSON body, from its members `lease_token` and `lease_epoch`.
    package mutating func lease(inBody: Bool = true) -> LeaseInput {
        guard let lease = optionalLease(inBody: inBody) else {
            refuse(inBody ? "/lease_token" : "X-Lease-Token", "is required, as is the epoch")
            return LeaseInput(epoch: 0, token: Secret(""))
        }
        return lease
    }

    /// The lease of one entry of a list, as members that must be there.
    package mutating func leaseMembers() -> LeaseInput {
        let token = member("lease_token", "The `lease_token` of the claim.", Self.leaseToken)
        return LeaseInput(
            epoch: member("lease_epoch", "The `lease_epoch` of the claim.", Self.leaseEpoch), token: Secret(token))
    }

    private static var leaseToken: Shape<String> { .string(.leaseToken, min: 64, max: 64) }
    private static var leaseEpoch: Shape<Int> { .integer(0...Int(Int32.max)) }

    /// As `lease`, for calls that others than workers make, too; a half of it is refused.
    package mutating func optionalLease(inBody: Bool = true) -> LeaseInput? {
        let token = Self.leaseToken
        var foundToken = header("X-Lease-Token", "The `lease_token` of the claim.", token)
        var foundEpoch = header("X-Lease-Epoch", "The `lease_epoch` of the claim.", .digits)
        if inBody {
            let memberToken = optional("lease_token", "The `lease_token` of the claim, unless it is a header.", token)
            let memberEpoch = optional(
                "lease_epoch", "The `lease_epoch` of the claim, unless it is a header.", Self.leaseEpoch)
            foundToken = foundToken ?? memberToken
            foundEpoch = foundEpoch ?? memberEpoch
        }
        guard let foundToken, let foundEpoch else {
            if foundToken != nil { refuse(inBody ? "/lease_epoch" : "X-Lease-Epoch", "is required with the token") }
            if foundEpoch != nil { refuse(inBody ? "/lease_token" : "X-Lease-Token", "is required with the epoch") }
            return nil
        }
        return LeaseInput(epoch: foundEpoch, token: Secret(foundToken))
    }
}

extension TextPattern {
    /// What a claim hands out.
    static let leaseToken = TextPattern("^[0-9a-f]{64}$", words: "64 lowercase hexadecimal digits") { text in
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
