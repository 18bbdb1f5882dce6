// SPDX-License-Identifier: Apache-2.0

package import Common
import Crypto
import FoundationEssentials

/// Makes and checks the tokens by which workers outside prove that a run is theirs.
///
/// A token follows from the run, its epoch and the worker session under a key of the orchestrators, so that nothing
/// needs to be stored and every orchestrator can check it.
package struct LeaseSigner: Sendable {
    private let key: SymmetricKey

    package init(internalKey: Secret<String>) { key = SymmetricKey(data: Array(internalKey.reveal().utf8)) }

    /// 64 lowercase hexadecimal digits.
    package func token(of lease: Lease) -> Secret<String> {
        Secret(Hex.text(Array(HMAC<SHA256>.authenticationCode(for: Self.text(of: lease), using: key))))
    }

    /// Whether `token` belongs to the lease; takes the same time wherever the two differ.
    func matches(_ token: Secret<String>, _ lease: Lease) -> Bool {
        guard let code = Hex.bytes(token.reveal()) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.text(of: lease), using: key)
    }

    private static func text(of lease: Lease) -> [UInt8] {
        Array("lease:\(lease.runID):\(lease.epoch):\(lease.workerSessionID)".utf8)
    }
}

/// What a worker shows with every call after its claim.
package struct LeaseProof: Sendable {
    package let runID: ID<Run>
    package let epoch: Int
    private let token: Secret<String>
    private let signer: LeaseSigner

    package init(runID: ID<Run>, epoch: Int, token: Secret<String>, signer: LeaseSigner) {
        self.runID = runID
        self.epoch = epoch
        self.token = token
        self.signer = signer
    }

    /// Whether this proves `lease`, as far as token and epoch tell.
    package func fits(_ lease: Lease) -> Bool {
        lease.runID == runID && lease.epoch == epoch && signer.matches(token, lease)
    }

    /// The lease that is proven for a task as it is now. Throws when the run has a later epoch, another holder or
    /// none, when it is over, and when the token is not the one that was handed out with the claim.
    package func lease(on aggregate: TaskAggregate) throws(TaskError) -> Lease {
        guard aggregate.run.id == runID, let session = aggregate.run.workerSessionID else {
            throw .staleLease(current: aggregate.run.epoch)
        }
        let lease = Lease(runID: runID, epoch: epoch, workerSessionID: session)
        guard signer.matches(token, lease) else { throw .staleLease(current: aggregate.run.epoch) }
        try aggregate.requireLive(lease)
        return lease
    }
}
