// SPDX-License-Identifier: Apache-2.0

import Common

extension Catalogue {
    /// The objects that are values of fields: each key with the name that the member has in the internal form.
    static let values: [Place: [Entry]] = [
        .image: [
            Entry("url", .word, .required),
            Entry("imagePath", .word, name: "url", only: .api),
            Entry("creds", .only(.registryCredential), name: "registryCredential"),
            Entry(
                "registryCredentialId", .any, .optional, .beyond("credentials are named, not numbered, here"),
                only: .api),
            Entry("ownerId", .any, .optional, .beyond("the workspace is that of whoever applies the file"), only: .api),
        ],
        .registryCredential: [Entry("fromRegistryCreds", .only(.fromRegistryCreds), .required)],
        .fromRegistryCreds: [Entry("name", .word, .required)],
        .scaling: [
            Entry("minInstances", .integer(1...Int.max), name: "min", .required),
            Entry("maxInstances", .integer(1...Int.max), name: "max", .required),
            Entry("targetCPUPercent", .integer(1...90), name: "cpu"),
            Entry("targetMemoryPercent", .integer(1...90), name: "memory"),
        ],
        .autoscaling: [
            Entry("enabled", .flag),
            Entry("min", .integer(1...Int.max), .required),
            Entry("max", .integer(1...Int.max), .required),
            Entry("criteria", .object(.autoscalingCriteria)),
        ],
        .autoscalingCriteria: [
            Entry("cpu", .object(.autoscalingTarget)), Entry("memory", .object(.autoscalingTarget)),
        ],
        .autoscalingTarget: [Entry("enabled", .flag), Entry("percentage", .integer(1...90))],
        .disk: [
            Entry("name", .word, .required),
            Entry("mountPath", .word, .required),
            Entry("sizeGB", .integer(1...Int.max), .otherwise(10, api: 1)),
        ],
        .buildFilter: [
            Entry("paths", .list(.word), .otherwise([])),
            Entry("ignoredPaths", .list(.word), .otherwise([])),
        ],
        .previews: [
            Entry("generation", .choice(generations), .otherwise("off")),
            Entry(
                "plan", .plan(serverPlans), .optional, .beyond("Render's API gives previews the plan of their service")),
            Entry(
                "numInstances", .integer(1...Int.max), .optional,
                .beyond("Render's API gives previews as many instances as it chooses")),
        ],
        .maintenanceMode: [
            Entry("enabled", .flag, .otherwise(false)),
            Entry("uri", .text, .otherwise("")),
        ],
        .header: [
            Entry("path", .word, .required), Entry("name", .word, .required), Entry("value", .text, .required),
        ],
        .route: [
            Entry("type", .choice(Choices(["redirect", "rewrite"])), .required),
            Entry("source", .word, .required),
            Entry("destination", .word, .required),
            Entry("priority", .any, .optional, .beyond("the order of the list is the priority"), only: .api),
        ],
        .allowedAddress: [
            Entry("source", .word, name: "cidrBlock", .required, only: .render),
            Entry("cidrBlock", .word, .optional, only: .api),
            Entry("description", .text, .otherwise("")),
        ],
        .secretFile: [Entry("name", .word, .required), Entry("content", .secret, .required)],
    ]

    static let environment: [Place: [Entry]] = [
        .envVarGroup: [
            Entry("name", .word, .required),
            Entry("envVars", .structures(.groupVar), .required),
        ],
        .envVar: variable + [
            Entry("fromDatabase", .structure(.fromDatabase)),
            Entry("fromService", .structure(.fromService)),
            Entry("fromGroup", .word),
        ],
        .groupVar: variable,
        .fromDatabase: [
            Entry("name", .word, .required),
            Entry("property", .choice(databaseProperties), .required),
        ],
        .fromService: [
            Entry("name", .word, .required),
            // Render wants it; where it is missing, the file or the account knows.
            Entry("type", .word),
            Entry("property", .choice(serviceProperties)),
            Entry("envVarKey", .word),
        ],
    ]

    private static let variable = [
        Entry("key", .word, .required),
        Entry("value", .secret),
        Entry("generateValue", .flag),
        Entry("sync", .flag),
        Entry("previewValue", .secret, .optional, .beyond("Render's API sets no values for previews")),
    ]

    static let databaseProperties = Choices(EnvironmentReference.DatabaseProperty.allCases.map(\.rawValue))
    static let serviceProperties = Choices(EnvironmentReference.ServiceProperty.allCases.map(\.rawValue))
}
