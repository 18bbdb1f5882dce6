// SPDX-License-Identifier: Apache-2.0

package import Common

/// The types of services that can be made.
package enum RenderServiceType: String, Sendable, CaseIterable, WireEnum {
    case webService = "web_service"
    case staticSite = "static_site"
    case privateService = "private_service"
    case backgroundWorker = "background_worker"
    case cronJob = "cron_job"
}

/// What runs a service.
package enum RenderRuntime: String, Sendable, CaseIterable, WireEnum {
    case docker, elixir, go, image, node, python, ruby, rust
}

extension InputReader {
    /// Whose services and blueprints a request is about.
    mutating func renderOwnerQuery() -> String? {
        query(
            "owner_id", "The workspace on Render; `RENDER_OWNER_ID` or the only one of the token unless given.",
            .string(.renderID, max: 90))
    }

    /// Whose services and blueprints a request is about.
    mutating func renderOwner() -> String? {
        optional(
            "owner_id", "The workspace on Render; `RENDER_OWNER_ID` or the only one of the token unless given.",
            .string(.renderID, max: 90))
    }
}

/// `GET /render/services`.
package struct ListRenderServicesInput: WireInput {
    package let name: String?
    package let types: [RenderServiceType]
    package let ownerID: String?
    package let limit: Int
    /// The name and id of the last service of the page before.
    package let cursor: RenderServiceCursor?

    package init(_ reader: inout InputReader) {
        name = reader.query("name", "Only services whose names contain this, in any case.", .string(min: 1, max: 200))
        types = reader.queryList("type", "Only services of this type.", of: .choice(RenderServiceType.self), max: 5)
        ownerID = reader.renderOwnerQuery()
        limit = reader.query("limit", "How many at most.", .integer(1...200), default: 50)
        let cursor = reader.query(
            "cursor", "Where an earlier answer ended: its `next_cursor`.",
            Shape<String>.string(.cursor, max: 1024).map(
                placeholder: nil as RenderServiceCursor?, words: "a cursor that was handed out"
            ) { text in RenderServiceCursor(text).map(Optional.some) })
        self.cursor = cursor ?? nil
    }
}

/// The place between two pages of services.
package struct RenderServiceCursor: Sendable, Equatable {
    package let name: String
    package let id: String

    package init(name: String, id: String) {
        self.name = name
        self.id = id
    }

    package var text: String { Hex.text(Array(name.utf8)) + "_" + id }

    /// Nil when it is none that was handed out.
    package init?(_ text: String) {
        guard let end = text.firstIndex(of: "_"), let bytes = Hex.bytes(String(text[..<end])),
            let name = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let id = String(text[text.index(after: end)...])
        guard TextPattern.renderID.matches(id) else { return nil }
        self.init(name: name, id: id)
    }
}

/// The body of `POST /render/services`, in the names of Render's API, without its nesting.
package struct CreateRenderServiceInput: WireInput {
    package static let wireName = "NewRenderService"

    package let name: String
    package let type: RenderServiceType
    package let ownerID: String?
    package let repo: String?
    package let branch: String?
    package let rootDir: String?
    package let image: RenderImageInput?
    package let runtime: RenderRuntime?
    package let region: String?
    package let plan: String?
    package let buildCommand: String?
    package let startCommand: String?
    package let preDeployCommand: String?
    package let publishPath: String?
    package let healthCheckPath: String?
    package let schedule: String?
    package let dockerfilePath: String?
    package let dockerContext: String?
    package let dockerCommand: String?
    package let instances: Int?
    package let autoDeploy: Bool?
    package let environmentID: String?
    package let disk: RenderDiskInput?
    /// Nil lets Render make a value.
    package let env: [String: Secret<String>?]

    package init(_ reader: inout InputReader) {
        name = reader.member(
            "name", "What it is called; it becomes part of its address.", .string(.renderName, min: 1, max: 100))
        type = reader.member("type", "What sort of service it is.", .choice(RenderServiceType.self))
        ownerID = reader.renderOwner()
        repo = reader.optional("repo", "Where its sources are.", .string(.webAddress, min: 1, max: 500))
        branch = reader.optional("branch", "The branch; the repository's own unless given.", .line(250))
        rootDir = reader.optional("rootDir", "Where in the repository it is.", .line(500))
        image = reader.optional("image", "A built image, instead of `repo`.", .object(RenderImageInput.self))
        runtime = reader.optional(
            "runtime", "What runs it; not of a static site, `image` when there is one, and required otherwise.",
            .choice(RenderRuntime.self))
        region = reader.optional("region", "Where it runs, such as `frankfurt`; not of a static site.", .line(50))
        plan = reader.optional("plan", "What it may use, such as `starter`; not of a static site.", .line(50))
        buildCommand = reader.optional("buildCommand", "What builds it.", .command)
        startCommand = reader.optional("startCommand", "What starts it.", .command)
        preDeployCommand = reader.optional("preDeployCommand", "What runs before each deploy goes live.", .command)
        publishPath = reader.optional("publishPath", "Where a static site is after the build.", .line(500))
        healthCheckPath = reader.optional("healthCheckPath", "What answers when a web service is well.", .line(500))
        schedule = reader.optional("schedule", "When a cron job runs, in the five fields of cron.", .line(200))
        dockerfilePath = reader.optional("dockerfilePath", "Where the Dockerfile is.", .line(500))
        dockerContext = reader.optional("dockerContext", "What the Dockerfile's build sees.", .line(500))
        dockerCommand = reader.optional("dockerCommand", "What starts the container instead of its own.", .command)
        instances = reader.optional("numInstances", "How many run side by side.", .integer(1...100))
        autoDeploy = reader.optional("autoDeploy", "Whether a new commit is deployed by itself.", .bool)
        environmentID = reader.optional(
            "environment_id", "The environment of a project that it belongs to.", .string(.renderID, max: 90))
        disk = reader.optional("disk", "What it keeps between deploys.", .object(RenderDiskInput.self))
        env = reader.optional("env", "Its environment variables; null lets Render make a value.", .variables) ?? [:]
        refuseContradictions(&reader)
    }

    private func refuseContradictions(_ reader: inout InputReader) {
        guard !reader.isDescribing else { return }
        // One that is given and cannot be read is refused already.
        func isMissing(_ name: String) -> Bool { reader.sentBody[name]?.isNull ?? true }
        if isMissing("repo"), isMissing("image") { reader.refuse("/repo", "is required unless image is given") }
        if repo != nil, image != nil { reader.refuse("/image", "does not go together with repo") }
        if type == .staticSite {
            if image != nil { reader.refuse("/image", "is not for a static site") }
            refuse(servers + containers, "is not for a static site", &reader)
        } else {
            if publishPath != nil { reader.refuse("/publishPath", "is for a static site only") }
            if isMissing("runtime"), isMissing("image") { reader.refuse("/runtime", "is required for this type") }
            refuseContradictions(ofRuntime: image == nil ? runtime : .image, &reader)
        }
        if (type == .cronJob) != (schedule != nil) {
            reader.refuse("/schedule", type == .cronJob ? "is required for a cron job" : "is for a cron job only")
        }
        if type != .webService, healthCheckPath != nil {
            reader.refuse("/healthCheckPath", "is for a web service only")
        }
        if type == .cronJob {
            refuse(
                [
                    ("preDeployCommand", preDeployCommand != nil), ("numInstances", instances != nil),
                    ("disk", disk != nil),
                ], "is not for a cron job", &reader)
        }
    }

    /// What would be left out unseen, because that runtime has no use for it.
    private func refuseContradictions(ofRuntime used: RenderRuntime?, _ reader: inout InputReader) {
        switch used {
        case .image?:
            if let runtime, runtime != .image { reader.refuse("/runtime", "must be `image` beside one") }
            if image == nil, repo != nil { reader.refuse("/image", "is required for this runtime") }
            let sources = [("branch", branch != nil), ("rootDir", rootDir != nil)]
            refuse(sources + builds, "is not for a built image", &reader)
        case .docker?:
            refuse([("buildCommand", buildCommand != nil)], "is not for docker: its Dockerfile says it", &reader)
        case .elixir?, .go?, .node?, .python?, .ruby?, .rust?:
            refuse(containers, "is for docker only", &reader)
        case nil: break
        }
        if startCommand != nil, dockerCommand != nil {
            reader.refuse("/dockerCommand", "does not go together with startCommand")
        }
    }

    private typealias Given = (name: String, isGiven: Bool)

    private var servers: [Given] {
        [
            ("runtime", runtime != nil), ("region", region != nil), ("plan", plan != nil),
            ("startCommand", startCommand != nil), ("preDeployCommand", preDeployCommand != nil),
            ("numInstances", instances != nil), ("disk", disk != nil),
        ]
    }

    private var containers: [Given] {
        [
            ("dockerfilePath", dockerfilePath != nil), ("dockerContext", dockerContext != nil),
            ("dockerCommand", dockerCommand != nil),
        ]
    }

    private var builds: [Given] {
        [
            ("buildCommand", buildCommand != nil), ("dockerfilePath", dockerfilePath != nil),
            ("dockerContext", dockerContext != nil),
        ]
    }

    private func refuse(_ members: [Given], _ words: String, _ reader: inout InputReader) {
        for member in members where member.isGiven { reader.refuse("/\(member.name)", words) }
    }
}

/// A built image.
package struct RenderImageInput: WireInput {
    package static let wireName = "RenderImage"

    package let path: String
    package let registryCredentialID: String?

    package init(_ reader: inout InputReader) {
        path = reader.member("path", "Where it is, such as `docker.io/library/nginx:1`.", .string(min: 1, max: 500))
        registryCredentialID = reader.optional(
            "registry_credential_id", "The workspace's credential that may read it.", .string(.renderID, max: 90))
    }
}

/// A disk of a service.
package struct RenderDiskInput: WireInput {
    package static let wireName = "NewRenderDisk"

    package let name: String
    package let mountPath: String
    package let sizeGB: Int

    package init(_ reader: inout InputReader) {
        name = reader.member("name", "What it is called.", .string(.renderName, min: 1, max: 100))
        mountPath = reader.member("mountPath", "Where the service sees it.", .string(min: 1, max: 500))
        sizeGB = reader.member("sizeGB", "How much it holds; it can only grow.", .integer(1...10_000))
    }
}

/// The body of `PATCH /render/services/{id}/env`.
package struct ChangeRenderEnvironmentInput: WireInput {
    package static let wireName = "RenderEnvironmentPatch"

    package let serviceID: String
    /// Nil takes the variable away.
    package let env: [String: Secret<String>?]
    package let clearsExisting: Bool
    package let deploys: Bool

    package init(_ reader: inout InputReader) {
        serviceID = reader.path("id", "The service.", .string(.renderID, max: 90))
        env = reader.member("env", "Variables with their values; null takes one away.", .variables)
        clearsExisting = reader.member(
            "clearExisting", "Whether variables that are not named are taken away.", .bool, default: false)
        deploys = reader.member(
            "deploy", "Whether a deploy is asked for when something changes.", .bool, default: false)
        // What was meant to be read from a file that turned out to be empty would take everything away.
        if clearsExisting, !env.contains(where: { $0.value != nil }) {
            reader.refuse("/env", "must set a variable beside clearExisting; to take all away, name each with null")
        }
    }
}

/// What a deploy does.
package enum RenderDeployMode: String, Sendable, CaseIterable, WireEnum {
    case buildAndDeploy = "build_and_deploy"
    case deployOnly = "deploy_only"
}

/// The body of `POST /render/deploy/{id}`.
package struct RenderDeployInput: WireInput {
    package static let wireName = "NewRenderDeploy"

    package let serviceID: String
    package let clearsCache: Bool
    package let mode: RenderDeployMode
    package let idempotencyKey: String?

    package init(_ reader: inout InputReader) {
        serviceID = reader.path("id", "The service.", .string(.renderID, max: 90))
        clearsCache = reader.member(
            "clearCache", "Whether the build begins without what earlier ones have kept.", .bool, default: false)
        mode = reader.member(
            "mode", "`deploy_only` starts what was built last; it does not go with `clearCache`.",
            .choice(RenderDeployMode.self), default: .buildAndDeploy)
        idempotencyKey = reader.idempotencyKey()
        if mode == .deployOnly, clearsCache { reader.refuse("/mode", "does not go together with clearCache") }
    }
}

extension Shape where Value == [String: Secret<String>?] {
    /// Variables with their values, or null.
    fileprivate static var variables: Shape<[String: Secret<String>?]> {
        .dictionary(.variable, longest: 255, of: .nullable(.secret(max: 65_536)), max: 500)
    }
}

extension Shape where Value == String {
    /// One line of text.
    fileprivate static func line(_ longest: Int) -> Shape<String> { .string(.line, min: 1, max: longest) }
    fileprivate static var command: Shape<String> { .string(.text, max: 10_000) }
}

extension TextPattern {
    fileprivate static let line = TextPattern(#"^[^\u0000-\u001f\u007f]*$"#, words: "one line of text") { text in
        text.utf8.allSatisfy { $0 > 0x1F && $0 != 0x7F }
    }

    /// The name of a resource on Render.
    fileprivate static let renderName = TextPattern(
        "^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,98}[A-Za-z0-9])?$",
        words: "1 to 100 letters, digits, spaces, `.`, `_` and `-`, with a letter or digit at both ends"
    ) { text in
        func isWord(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        guard (1...100).contains(text.utf8.count), let first = text.utf8.first, let last = text.utf8.last else {
            return false
        }
        return isWord(first) && isWord(last)
            && text.utf8.allSatisfy { isWord($0) || " ._-".utf8.contains($0) }
    }

    /// An address of a repository, without credentials in it.
    fileprivate static let webAddress = TextPattern(
        "^https?://[!-?A-~]{1,490}$", words: "an http or https address without credentials"
    ) { text in
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        return (1...490).contains(rest.count)
            && rest.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "@") }
    }
}
