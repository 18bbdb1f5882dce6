// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let deploys: [Operation] = [
        Operation(.GET, "/services/{serviceId}/deploys", "list-deploys") { world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            var items: [(String, JSONValue)] = []
            for deploy in world.deploys.values.reversed() where deploy.serviceID == service.id {
                guard call.admitsRepeated("status", deploy.status),
                    try call.admits(created: deploy.createdAt, updated: deploy.updatedAt),
                    try call.admits(finished: deploy.finishedAt)
                else { continue }
                items.append((deploy.id, deploy.json))
            }
            return try Paging(call).answer(items, as: "deploy")
        },
        Operation(.POST, "/services/{serviceId}/deploys", "create-deploy", kind: .deploy) {
            world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            let body = try call.object()
            try body.allow(["clearCache", "commitId", "imageUrl", "deployMode"])
            try service.check(deploy: body)
            let request = DeployRequest(
                service: service.id, trigger: "api", mode: body["deployMode"]?.string ?? "build_and_deploy",
                clearsCache: body["clearCache"]?.string == "clear", commit: body["commitId"]?.string,
                image: body["imageUrl"]?.string)
            // Trap: what waits behind another deploy is answered without a body.
            guard let deploy = try world.start(request) else { return FakeAnswer(202) }
            return FakeAnswer(201, deploy.json)
        },
        Operation(.GET, "/services/{serviceId}/deploys/{deployId}", "retrieve-deploy") { world, call throws(Refusal) in
            FakeAnswer(200, try world.deploy(call).json)
        },
        Operation(.POST, "/services/{serviceId}/deploys/{deployId}/cancel", "cancel-deploy") {
            world, call throws(Refusal) in
            let deploy = try world.deploy(call)
            guard !deploy.isFinished else { throw .invalid("the deploy is over") }
            world.cancel(deploy.id)
            return FakeAnswer(200, try world.deploy(call).json)
        },
        Operation(.POST, "/services/{serviceId}/rollback", "rollback-deploy", kind: .deploy) {
            world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            let id = try call.object().text("deployId")
            guard let target = world.deploys[id], target.serviceID == service.id else { throw .notFound("deploy") }
            guard ["live", "deactivated"].contains(target.status) else {
                throw .invalid("only a deploy that was live can be gone back to")
            }
            let request = DeployRequest(
                service: service.id, trigger: "rollback", mode: "deploy_only", commit: target.commit,
                image: target.imageRef, rollbackTo: target.id)
            guard let deploy = try world.start(request) else { return FakeAnswer(202) }
            return FakeAnswer(201, deploy.json)
        },
    ]
}

extension FakeService {
    /// The rules for what a deploy may be asked to do.
    fileprivate func check(deploy body: JSONObject) throws(Refusal) {
        if let mode = body["deployMode"] {
            guard ["build_and_deploy", "deploy_only"].contains(mode.string ?? "") else {
                throw .invalid("deployMode must be build_and_deploy or deploy_only")
            }
            for other in ["commitId", "imageUrl", "clearCache"] where body[other] != nil {
                throw .invalid("deployMode cannot be combined with \(other)")
            }
        }
        if let clear = body["clearCache"], !["clear", "do_not_clear"].contains(clear.string ?? "") {
            throw .invalid("clearCache must be clear or do_not_clear")
        }
        if body["commitId"] != nil, type == "cron_job" || image != nil {
            throw .invalid("commitId is not for this service")
        }
        if let wanted = body["imageUrl"]?.string {
            guard let own = image?["imagePath"]?.string else { throw .invalid("the service has no image") }
            guard Self.name(ofImage: wanted) == Self.name(ofImage: own) else {
                throw .invalid("imageUrl must name the service's image")
            }
        }
    }

    /// An image without its tag and digest.
    private static func name(ofImage path: String) -> String {
        let plain = path.split(separator: "@").first.map(String.init) ?? path
        guard let colon = plain.lastIndex(of: ":"), !plain[colon...].contains("/") else { return plain }
        return String(plain[..<colon])
    }
}

extension FakeCall {
    fileprivate func admits(finished: Timestamp?) throws(Refusal) -> Bool {
        if let time = try time("finishedBefore") {
            guard let finished, finished < time else { return false }
        }
        if let time = try time("finishedAfter") {
            guard let finished, finished > time else { return false }
        }
        return true
    }
}

extension World {
    fileprivate func deploy(_ call: FakeCall) throws(Refusal) -> FakeDeploy {
        let service = try service(call.parameter("serviceId"))
        guard let deploy = deploys[call.parameter("deployId")], deploy.serviceID == service.id else {
            throw .notFound("deploy")
        }
        return deploy
    }
}
