// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1

extension Operation {
    // Trap: none of these starts a deploy.
    static let serviceEnvironment: [Operation] = [
        Operation(.GET, "/services/{serviceId}/env-vars", "get-env-vars-for-service") { world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            return try Paging(call).answer(service.env.map { ($0.key, $0.json) }, as: "envVar")
        },
        // Trap: what is not named is gone.
        Operation(.PUT, "/services/{serviceId}/env-vars", "update-env-vars-for-service") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            service.env = try world.variables(try call.array())
            world.replace(service)
            let items = service.env.map { ($0.key, $0.json) }
            return try Paging(call).answer(items, as: "envVar")
        },
        Operation(.GET, "/services/{serviceId}/env-vars/{envVarKey}", "retrieve-env-var") {
            world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            guard let variable = service.env.first(where: { $0.key == call.parameter("envVarKey") }) else {
                throw .notFound("environment variable")
            }
            return FakeAnswer(200, variable.json)
        },
        Operation(.PUT, "/services/{serviceId}/env-vars/{envVarKey}", "update-env-var") { world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            let variable = try world.variable(call)
            service.env.set(variable)
            world.replace(service)
            return FakeAnswer(200, variable.json)
        },
        Operation(.DELETE, "/services/{serviceId}/env-vars/{envVarKey}", "delete-env-var") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            try service.env.remove(call.parameter("envVarKey"))
            world.replace(service)
            return FakeAnswer(204)
        },
        Operation(.GET, "/services/{serviceId}/secret-files", "list-secret-files-for-service") {
            world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            return try Paging(call).answer(service.secretFiles.map { ($0.name, $0.json) }, as: "secretFile")
        },
        Operation(.PUT, "/services/{serviceId}/secret-files", "update-secret-files-for-service") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            service.secretFiles = try world.secretFiles(try call.array())
            world.replace(service)
            return try Paging(call).answer(service.secretFiles.map { ($0.name, $0.json) }, as: "secretFile")
        },
        Operation(.GET, "/services/{serviceId}/secret-files/{secretFileName}", "retrieve-secret-file") {
            world, call throws(Refusal) in
            let service = try world.shownService(call.parameter("serviceId"))
            guard let file = service.secretFiles.first(where: { $0.name == call.parameter("secretFileName") }) else {
                throw .notFound("secret file")
            }
            return FakeAnswer(200, file.json)
        },
        Operation(.PUT, "/services/{serviceId}/secret-files/{secretFileName}", "add-or-update-secret-file") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            let file = try FakeSecretFile(call)
            service.secretFiles.set(file)
            world.replace(service)
            return FakeAnswer(201, file.json)
        },
        Operation(.DELETE, "/services/{serviceId}/secret-files/{secretFileName}", "delete-secret-file") {
            world, call throws(Refusal) in
            var service = try world.service(call.parameter("serviceId"))
            try service.secretFiles.remove(call.parameter("secretFileName"))
            world.replace(service)
            return FakeAnswer(204)
        },
    ]
}

extension World {
    /// The variable that a PUT of one key sets.
    mutating func variable(_ call: FakeCall) throws(Refusal) -> FakeVariable {
        let key = call.parameter("envVarKey")
        try checkKey(key)
        let body = try call.object()
        try body.allow(["value", "generateValue"])
        return FakeVariable(key: key, value: try variable(body))
    }
}

extension FakeSecretFile {
    /// The file that a PUT of one name sets.
    init(_ call: FakeCall) throws(Refusal) {
        let body = try call.object()
        try body.allow(["content"])
        guard let content = body["content"]?.string else { throw .invalid("content is required") }
        self.init(name: call.parameter("secretFileName"), content: Secret(content))
    }
}

extension [FakeVariable] {
    mutating func set(_ variable: FakeVariable) {
        guard let index = firstIndex(where: { $0.key == variable.key }) else { return append(variable) }
        self[index] = variable
    }

    mutating func remove(_ key: String) throws(Refusal) {
        guard let index = firstIndex(where: { $0.key == key }) else { throw .notFound("environment variable \(key)") }
        remove(at: index)
    }
}

extension [FakeSecretFile] {
    mutating func set(_ file: FakeSecretFile) {
        guard let index = firstIndex(where: { $0.name == file.name }) else { return append(file) }
        self[index] = file
    }

    mutating func remove(_ name: String) throws(Refusal) {
        guard let index = firstIndex(where: { $0.name == name }) else { throw .notFound("secret file") }
        remove(at: index)
    }
}
