// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import RenderPlans

/// A plan against an account that nobody looks at and that counts as empty.
enum OfflinePlan {
    static func make(_ request: PlanRequest) -> Plan {
        make(of: request.file.blueprint, named: request.name, request.options)
    }

    /// Of a file that is not valid, its mistakes.
    static func make(
        of blueprint: Blueprint, named name: String = "default", _ options: PlanOptions = PlanOptions()
    ) -> Plan {
        // Nothing is compared with what was applied, so any key does; the same one gives the same plan its name again.
        let fingerprints = Fingerprinter(key: Secret(Array("tutti offline plans".utf8)))
        return PlanCompiler(name: name, fingerprints: fingerprints, options: options)
            .plan(blueprint, live: .offline, applied: AppliedState())
    }
}

extension PlanRequest {
    var options: PlanOptions {
        PlanOptions(
            prunesEnvironment: prunesEnvironment, prunesResources: prunes, pruneCount: pruneCount, entered: entered,
            repository: repository, branch: branch)
    }
}
