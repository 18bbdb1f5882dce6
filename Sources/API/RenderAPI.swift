// SPDX-License-Identifier: Apache-2.0

import Common
import HTTPTypes

/// The endpoints of renderctl-svc: services on Render, blueprints with their plans and applies, and the monitor.
///
/// Members that Render's API or seed 000 names keep those names in requests (`buildCommand`, `clearExisting`, `dryRun`);
/// answers are in snake_case. No answer holds the value of an environment variable.
package enum RenderAPI {
    package static let listServices = Endpoint<ListRenderServicesInput, RenderServicesView>(
        "listRenderServices", .get, "/render/services", .peopleAndServices(.readDeployments),
        "Lists services with the live status of their last deploys.",
        description: """
            By name. What Render says is kept for a few seconds; when Render cannot be asked, what it said last is answered \
            with `stale`. \(unconfigured)
            """,
        tag: "render services", stopsWithConnection: true)

    package static let createService = Endpoint<CreateRenderServiceInput, CreatedRenderServiceView>(
        "createRenderService", .post, "/render/services", .peopleAndServices(.writeDeployments),
        "Makes a service.",
        description: """
            A service of that name is looked for first (409 `service_exists`). When the outcome of the call is not known, it \
            is looked for again until it is. \(unconfigured)
            """,
        tag: "render services", success: [201], problems: [.conflict, .unprocessable])

    package static let changeEnvironment = Endpoint<ChangeRenderEnvironmentInput, RenderEnvironmentChangeView>(
        "changeRenderEnvironment", .patch, "/render/services/{id}/env",
        .peopleAndServices(.writeDeployments), "Changes the environment variables of a service.",
        description: """
            Variables that are not named stay, unless `clearExisting`, which leaves the named ones alone; it is refused with \
            409 `environment_changed` when somebody else changes them meanwhile. Nothing is written for a value that is there \
            already. A change takes effect with the next deploy, which `deploy` asks for.

            Render takes 30 writes in a minute. While nothing is written, a limit that is used up is told at once (429); once \
            the first variable is, the others wait for it, so that a request with a hundred takes three minutes. When it ends \
            before that, because Render fails, the caller closes the connection, the daemon stops or 20 minutes are over, \
            the problem names what was `written`, what was `not_written`, and what is `uncertain` because Render did not \
            answer; the same request again does the rest. \(unconfigured)
            """,
        tag: "render services", problems: [.conflict, .unprocessable, .timeout], isIdempotent: true,
        keepsOwnDeadline: true)

    package static let deploy = Endpoint<RenderDeployInput, RenderDeployRequestView>(
        "deployRenderService", .post, "/render/deploy/{id}", .peopleAndServices(.writeDeployments),
        "Asks for a deploy of a service.",
        description: """
            201 with the deploy, or 202 when Render has queued it behind another and gives none yet. The same idempotency key \
            within a day answers the deploy that was asked for first. \(unconfigured)
            """,
        tag: "render services", success: [201, 202], problems: [.conflict, .unprocessable])

    package static let validate = Endpoint<ValidateBlueprintInput, BlueprintValidationView>(
        "validateBlueprint", .post, "/render/blueprint/validate", .peopleAndServices(.readDeployments),
        "Reads a blueprint and says what is wrong with it.",
        description: "It needs nothing of Render, not even a token.", tag: "render blueprints", isIdempotent: true,
        bodyLimit: bodyLimit)

    package static let plan = Endpoint<PlanBlueprintInput, RenderPlanDocument>(
        "planBlueprint", .post, "/render/blueprint/plan", .peopleAndServices(.writeDeployments),
        "Plans what applying a blueprint would change.",
        description: """
            Nothing is changed. A blueprint with errors is refused with 422 `invalid_blueprint` and its `diagnostics`. \
            The plan is kept, with the blueprint and without the values that were entered. \(unconfigured)
            """,
        tag: "render blueprints", problems: [.conflict, .unprocessable, .timeout], bodyLimit: bodyLimit,
        stopsWithConnection: true, keepsOwnDeadline: true)

    package static let getPlan = Endpoint<RenderPlanInput, RenderPlanDocument>(
        "getRenderPlan", .get, "/render/plans/{id}", .peopleAndServices(.readDeployments), "Reads a plan.",
        tag: "render blueprints")

    package static let listPlans = Endpoint<ListRenderPlansInput, Page<RenderPlanSummary>>(
        "listRenderPlans", .get, "/render/plans", .peopleAndServices(.readDeployments), "Lists plans, newest first.",
        tag: "render blueprints")

    package static let apply = Endpoint<ApplyBlueprintInput, RenderApplyAnswer>(
        "applyBlueprint", .post, "/render/blueprint/apply", .peopleAndServices(.manageDeployments),
        "Carries out a plan.",
        description: """
            Of a plan that was made before, or of a blueprint, which is planned first; with `dryRun` it is only planned (200). \
            The apply goes on in the background, also when the daemon is restarted. 409 `stale_plan` with `moved` when what is \
            live is not what the plan was made from, 409 `plan_blocked` when the plan may not be carried out, 409 `locked` \
            while another apply of the same owner and name runs, 422 `invalid_blueprint` with `diagnostics`. \(unconfigured)
            """,
        tag: "render blueprints", success: [202, 200], headers: [("Location", "The path of the apply.")],
        problems: [.notFound, .conflict, .unprocessable, .timeout], bodyLimit: bodyLimit, keepsOwnDeadline: true)

    package static let getApply = Endpoint<RenderApplyInput, RenderApplyView>(
        "getRenderApply", .get, "/render/applies/{id}", .peopleAndServices(.readDeployments),
        "Reads an apply with everything that it has done so far.",
        description: """
            One whose daemon was stopped in the middle of it is taken up by another daemon, or by the next one: what it had \
            begun is settled, and `succeeded_by` names the apply that carries out what was left. Follow that one then.
            """,
        tag: "render blueprints")

    package static let listApplies = Endpoint<ListRenderAppliesInput, Page<RenderApplySummary>>(
        "listRenderApplies", .get, "/render/applies", .peopleAndServices(.readDeployments),
        "Lists applies, newest first.", tag: "render blueprints")

    package static let listBlueprints = Endpoint<NoInput, RenderBlueprintsView>(
        "listRenderBlueprints", .get, "/render/blueprints", .peopleAndServices(.readDeployments),
        "Lists the blueprints that were applied, by owner and name.", tag: "render blueprints")

    package static let drift = Endpoint<BlueprintDriftInput, BlueprintDriftView>(
        "getBlueprintDrift", .get, "/render/blueprint/drift", .peopleAndServices(.readDeployments),
        "Compares what is live with what was applied last.",
        description: """
            Only reads. It takes the blueprint that was applied last under that name; 404 when none was. \(unconfigured)
            """,
        tag: "render blueprints", problems: [.notFound, .conflict, .unprocessable, .timeout],
        stopsWithConnection: true, keepsOwnDeadline: true)

    package static let monitor = Endpoint<NoInput, RenderMonitorView>(
        "getRenderMonitor", .get, "/render/monitor", .peopleAndServices(.readDeployments),
        "Shows what the monitor watches, what it found, and what it did about it.", tag: "render monitor")

    package static let catalogue: [AnyEndpoint] = [
        listServices.route, createService.route, changeEnvironment.route, deploy.route, validate.route, plan.route,
        getPlan.route, listPlans.route, apply.route, getApply.route, listApplies.route, listBlueprints.route,
        drift.route, monitor.route,
    ]

    /// The operations' names.
    package static let ids = Set(catalogue.map(\.id))

    /// The most time that a call which keeps a deadline of its own takes, by the operation's name; nil for the others. Whoever
    /// waits for one should wait a little longer, to hear why it ended.
    package static func longest(_ id: String) -> Duration? {
        switch id {
        case plan.route.id, apply.route.id, drift.route.id: .seconds(300)
        case changeEnvironment.route.id: .seconds(1800)
        default: nil
        }
    }

    /// Bytes of a request with a blueprint: the longest blueprint with every byte escaped twice over.
    package static let bodyLimit = 4_194_304

    private static let unconfigured = "503 `render_not_configured` while `RENDER_API_TOKEN` is not set."
}
