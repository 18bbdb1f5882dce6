// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let serviceActions: [Operation] = [
        Operation(.POST, "/services/{serviceId}/suspend", "suspend-service") { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            guard !service.isSuspended else { return FakeAnswer(202) }
            service.isSuspended = true
            world.replace(service)
            world.record("service_suspended", of: service.id)
            return FakeAnswer(202)
        },
        Operation(.POST, "/services/{serviceId}/resume", "resume-service") { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            guard service.isSuspended else { return FakeAnswer(202) }
            service.isSuspended = false
            world.replace(service)
            world.record("service_resumed", of: service.id)
            _ = try world.start(.init(service: service.id, trigger: "service_resumed"))
            return FakeAnswer(202)
        },
        Operation(.POST, "/services/{serviceId}/restart", "restart-service") { world, call throws(Refusal) in
            let service = try world.service(call.parameter("serviceId"))
            guard !service.isStatic else { throw .invalid("a static site has nothing to restart") }
            world.record("server_restarted", of: service.id, ["triggeredByUser": .null])
            return FakeAnswer(200)
        },
        Operation(.POST, "/services/{serviceId}/scale", "scale-service") { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            guard let count = try call.object().count("numInstances") else {
                throw .invalid("numInstances is required")
            }
            guard !["static_site", "cron_job"].contains(service.type) else {
                throw .invalid("a \(service.type) has no instances to scale")
            }
            guard service.disk == nil || count == 1 else {
                throw .invalid("a service with a disk has one instance")
            }
            // While autoscaling decides, the number is taken and has no effect.
            if service.details["autoscaling"]?["enabled"]?.bool == true { return FakeAnswer(202) }
            let was = service.instances
            service.details["numInstances"] = JSONValue(count)
            world.replace(service)
            world.record(
                "instance_count_changed", of: service.id,
                ["fromInstances": JSONValue(was), "toInstances": JSONValue(count)])
            return FakeAnswer(202)
        },
        Operation(.PUT, "/services/{serviceId}/autoscaling", "autoscale-service") { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            let body = try call.object()
            try body.allow(["enabled", "min", "max", "criteria"])
            guard !["static_site", "cron_job"].contains(service.type) else {
                throw .invalid("a \(service.type) has no instances to scale")
            }
            guard let least = try body.count("min"), let most = try body.count("max"), least <= most,
                body["enabled"]?.bool != nil, body["criteria"]?.object != nil
            else { throw .invalid("autoscaling needs enabled, min, max and criteria, with min not above max") }
            var details: JSONObject = ["toConfig": .object(body)]
            if let was = service.details["autoscaling"] { details["fromConfig"] = was }
            service.details["autoscaling"] = .object(body)
            world.replace(service)
            world.record("autoscaling_config_changed", of: service.id, details)
            return FakeAnswer(200, .object(body))
        },
        Operation(.DELETE, "/services/{serviceId}/autoscaling", "delete-autoscaling-config") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            service.details["autoscaling"] = nil
            world.replace(service)
            return FakeAnswer(204)
        },
    ]
}
