// SPDX-License-Identifier: Apache-2.0

import Common
import RenderPlans

/// A plan as commands show it, wherever it was made.
struct ShownPlan {
    let id: String
    /// For people, without colours.
    let text: String
    /// For people, with colours.
    let colouredText: String
    /// For programs: the same object.
    let json: JSONObject
    /// The exit code that it comes to.
    let ending: Int32

    var isEmpty: Bool { ending == Ending.clean }

    init(id: String, text: String, colouredText: String, json: JSONObject, ending: Int32) {
        self.id = id
        self.text = text
        self.colouredText = colouredText
        self.json = json
        self.ending = ending
    }
}

extension ShownPlan {
    /// A plan that was made here.
    /// - Parameters:
    ///   - note: What a person has to know about how it was made.
    ///   - isDrift: Whether every change in it is one that somebody made elsewhere.
    init(_ plan: Plan, of file: String, note: String? = nil, isDrift: Bool = false) {
        let lead = note.map { "\($0)\n\n" } ?? ""
        var json = plan.json
        // By the names that renderctl-svc gives them.
        json["plan_id"] = .string(plan.id)
        let ending = isDrift && plan.exitCode != .clean ? Ending.drift : Int32(plan.exitCode.rawValue)
        json["outcome"] = Ending.outcome(of: ending).map { .string($0) }
        self.init(
            id: plan.id, text: lead + PlanText(file: file).text(of: plan),
            colouredText: lead + PlanText(file: file, isColoured: true).text(of: plan), json: json, ending: ending)
    }
}
