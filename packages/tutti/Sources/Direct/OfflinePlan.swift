// SPDX-License-Identifier: Apache-2.0

import Common
import RenderPlans

/// A plan against an account that nobody looks at and that counts as empty.
enum OfflinePlan {
    static func make(_ request: PlanRequest) -> Plan {
        // Nothing is compared with what was applied, so any key does; the same one gives the same plan its name again.
        let fingerprints = Fingerprinter(key: Secret(Array("tutti offline plans".utf8)))
        return PlanCompiler(name: request.name, fingerprints: fingerprints, options: request.options)
            .plan(request.file.blueprint, live: .offline, applied: AppliedState())
    }
}

extension PlanRequest {
    var options: PlanOptions {
        PlanOptions(
            prunesEnvironment: prunesEnvironment, prunesResources: prunes, pruneCount: pruneCount, entered: entered,
            repository: repository, branch: branch)
    }
}
