// SPDX-License-Identifier: Apache-2.0

import Common

extension Catalogue {
    private static let servers: Set<ServiceType> = [.webService, .privateService, .backgroundWorker]
    private static let commanded = servers.union([.cronJob, .workflow])
    private static let sized = servers.union([.cronJob])
    private static let open: Set<ServiceType> = [.webService, .staticSite]
    private static let site: Set<ServiceType> = [.staticSite]
    private static let cron: Set<ServiceType> = [.cronJob]

    /// Key-value instances stand among the services of a file; their keys are at a place of their own.
    static let service: [Entry] = common + run + docker + reach + behaviour + staticSite + apiShape

    private static let common = [
        Entry("type", .word, .required),
        Entry("name", .word, .required),
        Entry("runtime", .runtime, .choice(runtimes)),
        Entry("env", .any),
        Entry("envVars", .structures(.envVar)),
        Entry("plan", .plan, .plan(serverPlans), on: sized),
        Entry("region", .region, .choice(regions), on: commanded),
        Entry("repo", .repo, .word),
        Entry("branch", .branch, .word),
        Entry("rootDir", .rootDir, .text),
    ]

    private static let run = [
        Entry("buildCommand", .buildCommand, .command),
        Entry("startCommand", .startCommand, .command, on: commanded),
        Entry(
            "preDeployCommand", .preDeployCommand, .command, on: sized.union(site), reached: servers),
        Entry(
            "initialDeployHook", .initialDeployHook, .command, on: servers,
            .beyond("only Blueprints of Render's own run it")),
        Entry("schedule", .schedule, .word, on: cron),
        Entry("numInstances", .numInstances, .integer(1...Int.max), on: servers),
        Entry("scaling", .scaling, .nullable(.object(.scaling)), on: servers),
        Entry("autoscaling", .scaling, .nullable(.converted(.object(.autoscaling), scaling)), on: servers, only: .api),
        Entry("disk", .disk, .object(.disk), on: servers),
    ]

    private static let docker = [
        Entry("image", .image, .object(.image), on: sized),
        Entry("dockerCommand", .dockerCommand, .command, on: sized),
        Entry("dockerContext", .dockerContext, .text, on: sized),
        Entry("dockerfilePath", .dockerfilePath, .text, on: sized),
        Entry("registryCredential", .registryCredential, .only(.registryCredential), on: sized),
    ]

    private static let reach = [
        Entry("healthCheckPath", .healthCheckPath, .text, on: servers, reached: [.webService]),
        Entry("domain", .domains, .converted(.word) { .array([$0]) }, on: servers.union(site), reached: open),
        Entry("domains", .domains, .list(.word), on: servers.union(site), reached: open),
        Entry("ipAllowList", .ipAllowList, .list(.object(.allowedAddress)), on: servers.union(site), reached: open),
        Entry(
            "renderSubdomainPolicy", .renderSubdomainPolicy, .choice(Choices(["enabled", "disabled"])),
            on: servers.union(site), reached: open),
        Entry(
            "maintenanceMode", .maintenanceMode, .object(.maintenanceMode), on: servers, reached: [.webService]),
    ]

    private static let behaviour = [
        Entry(
            "autoDeploy", .autoDeployTrigger, .converted(.flag) { $0 == true ? "commit" : "off" },
            .older("autoDeployTrigger")),
        Entry("autoDeployTrigger", .autoDeployTrigger, .choice(Choices(["off", "commit", "checksPass"]))),
        Entry("buildFilter", .buildFilter, .object(.buildFilter)),
        Entry("previews", .previews, .object(.previews), on: servers.union(site)),
        Entry(
            "pullRequestPreviewsEnabled", .previews,
            .converted(.flag) { ["generation": $0 == true ? "automatic" : "off"] }, on: servers.union(site),
            .older("previews.generation")),
        Entry(
            "previewPlan", .previewPlan, .plan(serverPlans), on: servers,
            .beyond("Render's API gives previews the plan of their service")),
        Entry("maxShutdownDelaySeconds", .maxShutdownDelaySeconds, .integer(1...300), on: servers),
        Entry("buildSource", .buildSource, .word, on: servers, .beyond("Render's API has no build sources")),
    ]

    private static let staticSite = [
        Entry("staticPublishPath", .publishPath, .text, on: site, only: .render),
        Entry("publishPath", .publishPath, .text, on: site, only: .api),
        Entry("headers", .headers, .list(.object(.header)), on: site),
        Entry("routes", .routes, .list(.object(.route)), on: site),
    ]

    private static let apiShape = [
        Entry("serviceDetails", .structure(.service), only: .api),
        Entry("envSpecificDetails", .structure(.service), only: .api),
        Entry(
            "registryCredentialId", .any, .optional, .beyond("credentials are named, not numbered, here"), only: .api),
        Entry("ownerId", .any, .optional, .beyond("the workspace is that of whoever applies the file"), only: .api),
        Entry("environmentId", .any, .optional, .beyond("environments are named under `projects`"), only: .api),
        Entry(
            "secretFiles", .list(.object(.secretFile)), .optional, .beyond("secret files are not written from files"),
            only: .api),
    ]

    /// The API's autoscaling as a file's scaling; switched off it is none.
    private static let scaling: @Sendable (JSONValue) -> JSONValue? = { value in
        guard value["enabled"] != false, var scaling = value.object else { return .null }
        for name in ["cpu", "memory"] {
            guard let target = scaling["criteria"]?[name], target["enabled"] != false else { continue }
            scaling[name] = target["percentage"]
        }
        scaling["enabled"] = nil
        scaling["criteria"] = nil
        return .object(scaling)
    }

    static let serverPlans = Plans(
        ["free", "starter", "starter plus", "standard", "standard plus", "pro", "pro plus", "pro max", "pro ultra"]
            + ["0.5c-512mb", "1c-2g", "2c-4g", "2c-8g", "2c-16g", "4c-8g", "4c-16g", "4c-32g", "8c-16g", "8c-32g"]
            + ["8c-64g", "12c-24g", "12c-48g", "12c-96g", "custom"])
}
