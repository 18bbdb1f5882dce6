// SPDX-License-Identifier: Apache-2.0

package import Common

/// A service as the fake keeps it.
package struct FakeService: Sendable {
    package let id: String
    package var name: String
    package var slug: String
    package let ownerID: String
    package let type: String
    package var repo: String?
    package var branch: String?
    package var rootDir = ""
    package var image: JSONObject?
    package var autoDeploy = "yes"
    package var autoDeployTrigger = "commit"
    package var buildFilter: JSONValue?
    package var environmentID: String?
    package var isSuspended = false
    /// The service that this one is a preview of.
    package var parent: String?
    /// What depends on the type, in the form of the API's answers but without what is computed.
    package var details: JSONObject
    package var env: [FakeVariable] = []
    package var secretFiles: [FakeSecretFile] = []
    package var headers: [FakeHeader] = []
    package var routes: [FakeRoute] = []
    package var domains: [FakeDomain] = []
    package var disk: FakeDisk?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package var isStatic: Bool { type == "static_site" }

    package var runtime: String { details["runtime"]?.string ?? "" }

    package var buildCommand: String {
        if isStatic { return details["buildCommand"]?.string ?? "" }
        return details["envSpecificDetails"]?["buildCommand"]?.string ?? ""
    }

    package var startCommand: String { details["envSpecificDetails"]?["startCommand"]?.string ?? "" }
    package var preDeployCommand: String {
        details["envSpecificDetails"]?["preDeployCommand"]?.string ?? ""
    }
    package var publishPath: String { details["publishPath"]?.string ?? "" }
    package var healthCheckPath: String { details["healthCheckPath"]?.string ?? "" }
    package var plan: String { details["plan"]?.string ?? "" }
    package var region: String? { details["region"]?.string }
    package var instances: Int { details["numInstances"]?.int ?? 1 }

    /// The value of one variable, set on the service itself.
    package func value(_ key: String) -> Secret<String>? { env.first { $0.key == key }?.value }
}

package struct FakeVariable: Sendable, Equatable {
    package var key: String
    package var value: Secret<String>
}

package struct FakeSecretFile: Sendable, Equatable {
    package var name: String
    package var content: Secret<String>
}

package struct FakeHeader: Sendable, Equatable {
    package let id: String
    package var path: String
    package var name: String
    package var value: String
}

package struct FakeRoute: Sendable, Equatable {
    package let id: String
    package var type: String
    package var source: String
    package var destination: String
}

package struct FakeDomain: Sendable, Equatable {
    package let id: String
    package var name: String
    package var isApex: Bool
    package var redirectForName: String
    package var isVerified: Bool
    package let createdAt: Timestamp
}

package struct FakeDisk: Sendable, Equatable {
    package let id: String
    package var name: String
    package var mountPath: String
    package var sizeGB: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
}
