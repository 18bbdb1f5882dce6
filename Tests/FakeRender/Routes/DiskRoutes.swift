// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    static let disks: [Operation] = [
        Operation(.GET, "/disks", "list-disks") { world, call throws(Refusal) in
            var items: [(String, JSONValue)] = []
            for service in world.services.values {
                guard let disk = service.disk, call.admits("ownerId", service.ownerID),
                    call.admits("name", disk.name), call.admitsRepeated("diskId", disk.id),
                    call.admitsRepeated("serviceId", service.id),
                    try call.admits(created: disk.createdAt, updated: disk.updatedAt)
                else { continue }
                items.append((disk.id, disk.json(of: service)))
            }
            return try Paging(call).answer(items, as: "disk")
        },
        Operation(.POST, "/disks", "add-disk") { world, call throws(Refusal) in
            let body = try call.object()
            try body.allow(["name", "sizeGB", "mountPath", "serviceId"])
            guard body["sizeGB"] != nil else { throw .invalid("sizeGB is required") }
            var service = try world.service(try body.text("serviceId"))
            guard !["static_site", "cron_job"].contains(service.type) else {
                throw .invalid("a \(service.type) has no disk")
            }
            guard service.disk == nil else { throw .conflict("the service has a disk") }
            let disk = try world.newDisk(body)
            service.disk = disk
            world.replace(service)
            world.record(
                "disk_created", of: service.id, ["diskId": .string(disk.id), "sizeGB": JSONValue(disk.sizeGB)])
            return FakeAnswer(201, disk.json(of: service))
        },
        Operation(.GET, "/disks/{diskId}", "retrieve-disk") { world, call throws(Refusal) in
            let (service, disk) = try world.disk(call)
            return FakeAnswer(200, disk.json(of: service))
        },
        Operation(.PATCH, "/disks/{diskId}", "update-disk") { world, call throws(Refusal) in
            var (service, disk) = try world.disk(call)
            let body = try call.object()
            try body.allow(["name", "sizeGB", "mountPath"])
            let was = disk.sizeGB
            if let size = try body.count("sizeGB") {
                guard size >= was else { throw .invalid("a disk can only grow") }
                disk.sizeGB = size
            }
            if let name = body["name"]?.string { disk.name = name }
            if let path = body["mountPath"]?.string { disk.mountPath = path }
            disk.updatedAt = world.now
            service.disk = disk
            world.replace(service)
            world.record(
                "disk_updated", of: service.id,
                ["diskId": .string(disk.id), "fromSizeGB": JSONValue(was), "toSizeGB": JSONValue(disk.sizeGB)])
            return FakeAnswer(200, disk.json(of: service))
        },
        Operation(.DELETE, "/disks/{diskId}", "delete-disk") { world, call throws(Refusal) in
            var (service, disk) = try world.disk(call)
            service.disk = nil
            world.replace(service)
            world.record("disk_deleted", of: service.id, ["diskId": .string(disk.id)])
            return FakeAnswer(204)
        },
    ]
}

extension World {
    fileprivate func disk(_ call: FakeCall) throws(Refusal) -> (FakeService, FakeDisk) {
        for service in services.values {
            if let disk = service.disk, disk.id == call.parameter("diskId") { return (service, disk) }
        }
        throw .notFound("disk")
    }

    mutating func newDisk(_ body: JSONObject) throws(Refusal) -> FakeDisk {
        let path = try body.text("mountPath")
        guard path.hasPrefix("/"), path != "/" else { throw .invalid("mountPath must be an absolute path below /") }
        return FakeDisk(
            id: minting.id("dsk"), name: try body.text("name"), mountPath: path,
            sizeGB: try body.count("sizeGB") ?? 10, createdAt: now, updatedAt: now)
    }
}
