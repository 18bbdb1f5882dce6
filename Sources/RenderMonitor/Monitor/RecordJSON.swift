// SPDX-License-Identifier: Apache-2.0

import Blueprints
package import Common

extension ServiceRecord {
    /// Everything, for a store to keep; `init(json:)` reads it back.
    package var json: JSONObject {
        var object: JSONObject = [
            "service_id": .string(serviceID), "name": .string(name), "type": .string(type),
            "owner_id": .string(ownerID), "revision": JSONValue(revision), "tries": JSONValue(tries),
            "diagnoses": .array(diagnoses.map { .object($0.json) }),
            "attempts": .array(attempts.map { .object($0.json) }),
        ]
        object["last_deploy"] = lastDeploy.map { .object($0.json) }
        object["examined_deploy_id"] = examinedDeployID.map { .string($0) }
        object["last_live_deploy_id"] = lastLiveDeployID.map { .string($0) }
        object["last_probe"] = lastProbe.map { .object($0.json) }
        object["checked_at"] = checkedAt.map { .string($0.description) }
        return object
    }

    /// Nil when it is no record; diagnoses and attempts that cannot be read make it none.
    package init?(json: JSONObject) {
        guard let serviceID = json["service_id"]?.string, let name = json["name"]?.string,
            let type = json["type"]?.string, let ownerID = json["owner_id"]?.string,
            let revision = json["revision"]?.int, let diagnoses = json["diagnoses"]?.array,
            let attempts = json["attempts"]?.array
        else { return nil }
        self.init(serviceID: serviceID, name: name, type: type, ownerID: ownerID)
        self.revision = revision
        tries = json["tries"]?.int ?? 0
        lastDeploy = json["last_deploy"]?.object.flatMap(DeploySummary.init(json:))
        examinedDeployID = json["examined_deploy_id"]?.string
        lastLiveDeployID = json["last_live_deploy_id"]?.string
        lastProbe = json["last_probe"]?.object.flatMap(ProbeResult.init(json:))
        checkedAt = json["checked_at"]?.string.flatMap { Timestamp($0) }
        self.diagnoses = diagnoses.compactMap { $0.object.flatMap(Diagnosis.init(json:)) }
        self.attempts = attempts.compactMap { $0.object.flatMap(FixAttempt.init(json:)) }
        guard self.diagnoses.count == diagnoses.count, self.attempts.count == attempts.count else { return nil }
    }
}

extension DeploySummary {
    package var json: JSONObject {
        var object: JSONObject = ["id": .string(id), "status": .string(status)]
        object["commit_id"] = commitID.map { .string($0) }
        object["created_at"] = createdAt.map { .string($0) }
        object["finished_at"] = finishedAt.map { .string($0) }
        return object
    }

    package init?(json: JSONObject) {
        guard let id = json["id"]?.string, let status = json["status"]?.string else { return nil }
        self.init(
            id: id, status: status, commitID: json["commit_id"]?.string, createdAt: json["created_at"]?.string,
            finishedAt: json["finished_at"]?.string)
    }
}

extension Diagnosis {
    package var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "service_id": .string(serviceID), "deploy_id": .string(deployID),
            "made_at": .string(madeAt.description), "signature": .string(signature), "phase": .string(phase.rawValue),
            "confidence": .string(confidence.rawValue), "cause": .string(cause), "advice": .string(advice),
            "evidence": .array(evidence.map { .object($0.json) }),
            "symptoms": .array(symptoms.map { .string($0) }),
        ]
        object["commit_id"] = commitID.map { .string($0) }
        object["proposed"] = proposed.map { .object($0.json) }
        object["patch"] = patch.map { .object($0.json) }
        object["why_not_fixed"] = whyNotFixed.map { .string($0) }
        object["held_back"] = heldBack.map { .string($0) }
        return object
    }

    package init?(json: JSONObject) {
        guard let id = json["id"]?.string, let serviceID = json["service_id"]?.string,
            let deployID = json["deploy_id"]?.string, let madeAt = json["made_at"]?.string.flatMap({ Timestamp($0) }),
            let signature = json["signature"]?.string,
            let phase = json["phase"]?.string.flatMap(BuildPhase.init(rawValue:)),
            let confidence = json["confidence"]?.string.flatMap(Confidence.init(rawValue:)),
            let cause = json["cause"]?.string, let advice = json["advice"]?.string
        else { return nil }
        self.init(
            id: id, serviceID: serviceID, deployID: deployID, commitID: json["commit_id"]?.string, madeAt: madeAt,
            signature: signature, phase: phase, confidence: confidence, cause: cause, advice: advice,
            evidence: (json["evidence"]?.array ?? []).compactMap { $0.object.flatMap(Evidence.init(json:)) },
            symptoms: (json["symptoms"]?.array ?? []).compactMap(\.string),
            proposed: json["proposed"]?.object.flatMap(Fix.init(json:)),
            patch: json["patch"]?.object.flatMap(BlueprintPatch.init(json:)),
            whyNotFixed: json["why_not_fixed"]?.string, heldBack: json["held_back"]?.string)
    }
}

extension Diagnosis.Evidence {
    package var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue), "text": .string(text)]
        if !time.isEmpty { object["time"] = .string(time) }
        return object
    }

    package init?(json: JSONObject) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)), let text = json["text"]?.string else {
            return nil
        }
        self.init(kind, time: json["time"]?.string ?? "", text: text)
    }
}

extension FieldChange {
    package var json: JSONObject {
        [
            "field": .string(field.rawValue), "old": .string(old), "new": .string(new),
            "source": .string(source.rawValue), "reason": .string(reason),
        ]
    }

    package init?(json: JSONObject) {
        guard let field = json["field"]?.string.flatMap(FixField.init(rawValue:)), let old = json["old"]?.string,
            let new = json["new"]?.string, let source = json["source"]?.string.flatMap(Source.init(rawValue:)),
            let reason = json["reason"]?.string
        else { return nil }
        self.init(field, from: old, to: new, source: source, reason: reason)
    }
}

extension Fix {
    package var json: JSONObject {
        [
            "changes": .array(changes.map { .object($0.json) }), "clears_cache": .bool(clearsCache),
            "confidence": .string(confidence.rawValue),
        ]
    }

    package init?(json: JSONObject) {
        guard let list = json["changes"]?.array, let clearsCache = json["clears_cache"]?.bool,
            let confidence = json["confidence"]?.string.flatMap(Confidence.init(rawValue:))
        else { return nil }
        let changes = list.compactMap { $0.object.flatMap(FieldChange.init(json:)) }
        guard changes.count == list.count else { return nil }
        self.init(changes, clearsCache: clearsCache, confidence: confidence)
    }
}

extension BlueprintPatch {
    /// With the patch as text beside its parts.
    package var json: JSONObject {
        let lines = lines.map { line -> JSONValue in
            [
                "field": .string(line.field.rawValue), "old": .string(line.old), "new": .string(line.new),
                "place": .string(line.place),
            ]
        }
        return ["resource": .string(resource.name), "lines": .array(lines), "text": .string(text)]
    }

    package init?(json: JSONObject) {
        guard let name = json["resource"]?.string, let list = json["lines"]?.array else { return nil }
        let lines = list.compactMap { line -> Line? in
            guard let field = line["field"]?.string.flatMap(Field.init(rawValue:)), let old = line["old"]?.string,
                let new = line["new"]?.string, let place = line["place"]?.string
            else { return nil }
            return Line(field: field, old: old, new: new, place: place)
        }
        guard lines.count == list.count else { return nil }
        self.init(resource: ResourceAddress(.service, name), lines: lines)
    }
}

extension FixAttempt {
    package var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "diagnosis_id": .string(diagnosisID), "signature": .string(signature),
            "failed_deploy_id": .string(failedDeployID), "started_at": .string(startedAt.description),
            "changes": .array(changes.map { .object($0.json) }), "clears_cache": .bool(clearsCache),
            "state": .string(state.rawValue),
        ]
        object["commit_id"] = commitID.map { .string($0) }
        object["deploy_id"] = deployID.map { .string($0) }
        object["outcome"] = outcome.map { .string($0) }
        return object
    }

    package init?(json: JSONObject) {
        guard let id = json["id"]?.string, let diagnosisID = json["diagnosis_id"]?.string,
            let signature = json["signature"]?.string, let failed = json["failed_deploy_id"]?.string,
            let startedAt = json["started_at"]?.string.flatMap({ Timestamp($0) }),
            let list = json["changes"]?.array, let clearsCache = json["clears_cache"]?.bool,
            let state = json["state"]?.string.flatMap(State.init(rawValue:))
        else { return nil }
        let changes = list.compactMap { $0.object.flatMap(FieldChange.init(json:)) }
        guard changes.count == list.count else { return nil }
        self.init(
            id: id, diagnosisID: diagnosisID, signature: signature, commitID: json["commit_id"]?.string,
            failedDeployID: failed, startedAt: startedAt, changes: changes, clearsCache: clearsCache, state: state,
            deployID: json["deploy_id"]?.string, outcome: json["outcome"]?.string)
    }
}
