// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render

extension Diagnoser {
    /// A deploy that is live and shows nobody anything. A fix may be proposed; it is made for failed builds only.
    func diagnosis(
        of probe: ProbeResult, _ service: RenderService, _ deploy: RenderDeploy, wanted: [Field: BlueprintValue],
        at now: Timestamp
    ) -> Diagnosis {
        let id = probe.signature ?? "live_error"
        let signature = SignatureCatalog.signature(id)
        let facts = FailureFacts(service: service, wanted: wanted, log: nil, findings: [])
        let settings = FixField.allCases.map {
            Diagnosis.Evidence(.setting, text: "\($0.rawValue) = \"\(EvidenceMask.masked(facts.live($0)))\"")
        }
        return Diagnosis(
            id: "diag_" + ULID.make(at: now).text, serviceID: service.id, deployID: deploy.id,
            commitID: deploy.commitID, madeAt: now, signature: id, phase: .live, confidence: .high,
            cause: signature?.cause ?? "", advice: signature?.advice ?? "",
            evidence: [Diagnosis.Evidence(.probe, time: probe.at.description, text: probe.text)]
                + (facts.isStaticSite ? settings : []),
            symptoms: [], proposed: id == "live_not_found" ? liveFix(facts) : nil, patch: nil,
            whyNotFixed: "what is live is changed by a person")
    }

    /// What the blueprint or the table say of a site without pages; only ever proposed.
    private func liveFix(_ facts: FailureFacts) -> Fix? {
        let drifted = FixField.allCases.compactMap { field in
            facts.drifted(field).map { facts.change(field, to: $0, .blueprint) }
        }
        if !drifted.isEmpty { return Fix(drifted, confidence: .medium) }
        guard facts.live(.buildCommand).isEmpty, facts.wanted(.buildCommand) == nil,
            let command = Framework.buildCommand(publishing: facts.live(.publishPath))
        else { return nil }
        let change = facts.change(
            .buildCommand, to: command, .table, "every framework that publishes this folder is built so")
        return Fix([change], confidence: .low)
    }
}
