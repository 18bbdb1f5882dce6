// SPDX-License-Identifier: Apache-2.0

import Common

extension Catalogue {
    static let stores: [Place: [Entry]] = [
        .keyValue: [
            Entry("type", .word, .required),
            Entry("name", .word, .required),
            Entry("region", .region, .choice(regions)),
            Entry("plan", .plan, .plan(keyValuePlans)),
            Entry("ipAllowList", .ipAllowList, .list(.object(.allowedAddress))),
            Entry(
                "previewPlan", .previewPlan, .plan(keyValuePlans),
                .beyond("Render's API makes no previews of key values")),
            Entry("maxmemoryPolicy", .maxmemoryPolicy, .choice(policies)),
            Entry(
                "persistenceMode", .persistenceMode, .choice(Choices(["journal-snapshot", "snapshot", "off"])),
                .beyond("Render's API tells it and does not set it")),
            Entry("serviceDetails", .structure(.keyValue), only: .api),
            Entry("ownerId", .any, .optional, .beyond("the workspace is that of whoever applies the file"), only: .api),
            Entry("environmentId", .any, .optional, .beyond("environments are named under `projects`"), only: .api),
        ],
        .database: [
            Entry("name", .word, .required),
            Entry("databaseName", .databaseName, .word),
            Entry("user", .databaseUser, .word, only: .render),
            Entry("databaseUser", .databaseUser, .word, only: .api),
            Entry("region", .region, .choice(regions)),
            Entry("plan", .plan, .plan(databasePlans)),
            Entry("diskSizeGB", .diskSizeGB, .integer(1...Int.max)),
            Entry("storageAutoscalingEnabled", .storageAutoscaling, .flag, only: .render),
            Entry("enableDiskAutoscaling", .storageAutoscaling, .flag, only: .api),
            Entry(
                "connectionPool", .connectionPool, .choice(Choices(["pgbouncer", "none"])),
                .beyond("Render's API has no connection pools")),
            Entry(
                "previewPlan", .previewPlan, .plan(databasePlans),
                .beyond("Render's API makes no previews of databases")),
            Entry(
                "previewDiskSizeGB", .previewDiskSizeGB, .integer(1...Int.max),
                .beyond("Render's API makes no previews of databases")),
            Entry("postgresMajorVersion", .version, .choice(versions), only: .render),
            Entry("version", .version, .choice(versions), only: .api),
            Entry("highAvailability", .highAvailability, .only(.highAvailability), only: .render),
            Entry("enableHighAvailability", .highAvailability, .flag, only: .api),
            Entry("ipAllowList", .ipAllowList, .list(.object(.allowedAddress))),
            Entry("readReplicas", .readReplicas, .list(.only(.readReplica))),
            Entry("ownerId", .any, .optional, .beyond("the workspace is that of whoever applies the file"), only: .api),
            Entry("environmentId", .any, .optional, .beyond("environments are named under `projects`"), only: .api),
        ],
        .highAvailability: [Entry("enabled", .flag, .required)],
        .readReplica: [Entry("name", .word, .required)],
    ]

    private static let policies = Choices(
        [
            "noeviction", "allkeys-lru", "volatile-lru", "allkeys-lfu", "volatile-lfu", "allkeys-random",
            "volatile-random", "volatile-ttl",
        ],
        also: Dictionary(
            uniqueKeysWithValues: ["allkeys", "volatile"].flatMap { scope in
                ["lru", "lfu", "random", "ttl"].map { ("\(scope)_\($0)", "\(scope)_\($0)") }
            }.filter { $0.0 != "allkeys_ttl" })
    ) { $0.replacing("-", with: "_") }

    private static let versions = Choices((10...18).map(String.init))

    static let keyValuePlans = Plans(
        ["free", "starter", "standard", "pro", "pro plus", "pro max", "pro ultra", "256mb", "1g", "3g", "5g", "10g"]
            + ["20g", "40g", "50g", "custom"])

    static let databasePlans = Plans(
        ["free", "starter", "standard", "pro", "pro plus", "custom", "basic-256mb", "basic-1gb", "basic-4gb"]
            + [4, 8, 16, 32, 64, 128, 192, 256, 384, 512].map { "pro-\($0)gb" }
            + [16, 32, 64, 128, 256, 384, 512, 768, 1024].map { "accelerated-\($0)gb" }
            + ["0.1c-256mb", "0.5c-1g", "1c-2g", "1c-4g", "2c-4g", "2c-8g", "2c-16g", "4c-16g", "4c-32g", "8c-32g"]
            + ["8c-64g", "16c-64g", "16c-128g", "32c-128g", "32c-256g", "48c-192g", "48c-384g", "64c-256g"]
            + ["64c-512g", "96c-384g", "96c-768g", "128c-512g", "128c-1024g"])
}
