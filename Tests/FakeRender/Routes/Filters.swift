// SPDX-License-Identifier: Apache-2.0

import Common

extension FakeCall {
    /// Whether a filter is not given or names `value`.
    func admits(_ filter: String, _ value: String?) -> Bool {
        let wanted = joined(filter)
        guard !wanted.isEmpty else { return true }
        return value.map(wanted.contains) ?? false
    }

    func admitsRepeated(_ filter: String, _ value: String) -> Bool {
        let wanted = repeated(filter)
        return wanted.isEmpty || wanted.contains(value)
    }

    /// The filters by time that most lists have.
    func admits(created: Timestamp, updated: Timestamp? = nil) throws(Refusal) -> Bool {
        if let time = try time("createdBefore"), created >= time { return false }
        if let time = try time("createdAfter"), created <= time { return false }
        guard let updated else { return true }
        if let time = try time("updatedBefore"), updated >= time { return false }
        if let time = try time("updatedAfter"), updated <= time { return false }
        return true
    }
}

extension JSONObject {
    /// Refuses members that the operation does not have.
    func allow(_ names: [String], in place: String = "") throws(Refusal) {
        for name in self.names where !names.contains(name) {
            throw .invalid("\(place)\(name) cannot be set here")
        }
    }

    /// A number from 1, if it is given.
    func count(_ name: String) throws(Refusal) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.int, number >= 1 else { throw .invalid("\(name) must be a number from 1") }
        return number
    }
}

extension World {
    /// Reads variables as they are given at creation and in bulk.
    mutating func variables(_ values: [JSONValue]) throws(Refusal) -> [FakeVariable] {
        var variables: [FakeVariable] = []
        for value in values {
            guard let object = value.object else { throw .invalid("envVars must be objects") }
            try object.allow(["key", "value", "generateValue"], in: "envVars.")
            let key = try object.text("key")
            try checkKey(key)
            guard !variables.contains(where: { $0.key == key }) else {
                throw .invalid("envVars has the key \(key) twice")
            }
            variables.append(FakeVariable(key: key, value: try variable(object)))
        }
        return variables
    }

    /// The value that `{value}` or `{generateValue: true}` means.
    mutating func variable(_ object: JSONObject) throws(Refusal) -> Secret<String> {
        switch (object["value"], object["generateValue"]) {
        case (.string(let text)?, nil): return Secret(text)
        case (nil, .bool(true)?): return Secret(minting.secret())
        default: throw .invalid("an environment variable needs either a value, which is a string, or generateValue")
        }
    }

    func checkKey(_ key: String) throws(Refusal) {
        let letters = key.utf8.allSatisfy {
            ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 || "_-.".utf8.contains($0)
        }
        guard letters, key.utf8.first.map({ $0 &- UInt8(ascii: "0") >= 10 }) == true else {
            throw .invalid("\(key.prefix(64)) cannot be the key of an environment variable")
        }
    }

    /// Reads secret files as they are given at creation and in bulk.
    func secretFiles(_ values: [JSONValue]) throws(Refusal) -> [FakeSecretFile] {
        var files: [FakeSecretFile] = []
        for value in values {
            guard let object = value.object, let content = object["content"]?.string else {
                throw .invalid("a secret file needs a name and a content")
            }
            try object.allow(["name", "content"], in: "secretFiles.")
            files.append(FakeSecretFile(name: try object.text("name"), content: Secret(content)))
        }
        return files
    }

    /// The owner that a body names, who must exist.
    func owner(_ object: JSONObject) throws(Refusal) -> String {
        let id = try object.text("ownerId")
        guard owners[id] != nil else { throw .invalid("ownerId \(id) is none of yours") }
        return id
    }

    func environment(_ object: JSONObject) throws(Refusal) -> String? {
        guard let id = object["environmentId"]?.string else { return nil }
        guard environments[id] != nil else { throw .notFound("environment \(id)") }
        return id
    }

    /// Refuses a name that is taken, when the settings say so.
    func admit(name: String, among names: [String]) throws(Refusal) {
        guard case .refused = settings.duplicateNames, names.contains(name) else { return }
        throw .conflict("the name \(name) is taken")
    }
}
