// SPDX-License-Identifier: Apache-2.0

/// What asks for a deploy.
struct DeployRequest: Sendable {
    var service: String
    var trigger: String
    var mode = "build_and_deploy"
    var clearsCache = false
    var commit: String?
    var image: String?
    /// The service has just been made.
    var isFirst = false
    var rollbackTo: String?
}
