// SPDX-License-Identifier: Apache-2.0

package import Common
package import Render

/// The calls of Render's API that the monitor makes; `RenderClient` has them all.
package protocol MonitoredRender: Sendable {
    func owners() async throws -> [RenderOwner]
    func services(ownerID: String) async throws -> [RenderService]
    func service(_ id: String) async throws -> RenderService
    func deploys(service id: String, limit: Int) async throws -> [RenderDeploy]
    func deploy(_ id: String, service: String) async throws -> RenderDeploy
    func events(service id: String, types: [String], since: String?, limit: Int) async throws -> [RenderServiceEvent]
    func logs(ownerID: String, resource: String, type: String, from: String, to: String, limit: Int) async throws
        -> [RenderLogLine]
    func routes(service id: String) async throws -> [StaticRoute]
    func resourcesOfBlueprints(ownerID: String) async throws -> [String: String]
    func updateService(_ id: String, _ body: JSONObject) async throws -> RenderService
    func createDeploy(service id: String, clearCache: Bool, mode: DeployMode) async throws -> RenderDeploy?
}

extension RenderClient: MonitoredRender {
    package func services(ownerID: String) async throws -> [RenderService] {
        try await services(ownerID: ownerID, name: nil, types: [])
    }

    package func createDeploy(service id: String, clearCache: Bool, mode: DeployMode) async throws -> RenderDeploy? {
        try await createDeploy(service: id, clearCache: clearCache, mode: mode, commitID: nil)
    }
}
