// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import HTTPTypes

extension SignatureEncoding: WireEnum {}

/// The endpoints of hooks: their upkeep, and the public door itself.
package enum HooksAPI {
    package static let create = Endpoint<CreateHookInput, HookWithSecretView>(
        "createHook", .post, "/v1/hooks", .peopleAndServices(.manageHooks),
        "Makes a hook, by which signals from outside make tasks.",
        description: """
            The answer holds the secret that deliveries are to be signed with; it is not shown again. In `template`, \
            strings of the form `{{/json/pointer}}`, `{{header:x-name}}` and `{{delivery_id}}` are replaced by what a \
            delivery holds there, alone with its type, among other text as text; `{{/a ?? "b"}}` says what stands for \
            missing and null.
            """,
        tag: "hooks", success: [201], problems: [.conflict])

    package static let list = Endpoint<ListHooksInput, Page<HookView>>(
        "listHooks", .get, "/v1/hooks", .peopleAndServices(.manageHooks), "Lists hooks, newest first.", tag: "hooks")

    package static let get = Endpoint<HookInput, HookView>(
        "getHook", .get, "/v1/hooks/{hook_id}", .peopleAndServices(.manageHooks), "Reads a hook.", tag: "hooks")

    package static let change = Endpoint<ChangeHookInput, HookView>(
        "changeHook", .patch, "/v1/hooks/{hook_id}", .peopleAndServices(.manageHooks),
        "Changes, pauses or resumes a hook; what is left out stays.", tag: "hooks", problems: [.stale])

    package static let delete = Endpoint<HookInput, NoContent>(
        "deleteHook", .delete, "/v1/hooks/{hook_id}", .peopleAndServices(.manageHooks),
        "Closes a hook for good; its tasks stay.", tag: "hooks", success: [204])

    package static let rotate = Endpoint<RotateHookInput, HookWithSecretView>(
        "rotateHookSecret", .post, "/v1/hooks/{hook_id}/rotate", .peopleAndServices(.manageHooks),
        "Gives a hook another secret; the one before is accepted for a while more.",
        description: "The answer holds the new secret; it is not shown again. Two secrets are accepted at most.",
        tag: "hooks")

    package static let deliver = Endpoint<DeliveryInput, DeliveryView>(
        "deliverHook", .post, "/v1/hooks/{hook_id}", .everybody, "Takes a signed delivery in.",
        description: """
            The signature is checked first, by the hook's scheme, over the bytes of the body. A delivery whose id came \
            before makes no task; it is answered with the one that was made, and `duplicate`. More deliveries than the \
            hook's `deliveries_per_minute`, or many wrong signatures from one address, are 429 with `Retry-After`.
            """,
        tag: "hooks", success: [202], problems: [.unauthenticated, .conflict, .tooLarge, .rateLimited],
        bodyLimit: 1_048_576)

    package static let catalogue: [AnyEndpoint] = [
        create.route, list.route, get.route, change.route, delete.route, rotate.route, deliver.route,
    ]
}

/// Names a hook in a path.
package struct HookInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let id: ID<Hook>

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("hook_id", "The hook.", .id())
    }
}

/// `GET /v1/hooks`.
package struct ListHooksInput: WireInput {
    package let workspaceID: ID<Workspace>
    package let limit: Int
    package let cursor: ID<Hook>?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        limit = reader.pageLimit()
        cursor = reader.pageCursor()
    }
}

/// `POST /v1/hooks`.
package struct CreateHookInput: WireInput {
    package static let wireName = "NewHook"

    package let workspaceID: ID<Workspace>
    package let roomID: ID<Room>?
    package let name: String
    package let agent: String
    package let template: JSONValue
    package let signature: HookSignature
    package let deliveryID: HookSource?
    package let correlationID: HookSource?
    package let priority: Int
    package let deliveriesPerMinute: Int

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        roomID = reader.optional("room_id", "Where its tasks go; the default room unless given.", .id())
        name = reader.member("name", "What people call it.", .string(.text, min: 1, max: 200))
        agent = reader.member("agent", "Who carries its tasks out.", .string(.name, max: 63))
        template = reader.member("template", "The input of its tasks, with places that a delivery fills.", .anything)
        signature =
            reader.optional(
                "signature", "How deliveries are signed; as Standard Webhooks unless given.",
                .object(SignatureInput.self))?.signature ?? .standard
        deliveryID = HookSourceInput.read(
            &reader, "delivery_id", "Where a delivery's id is; the scheme's own place unless given.")
        correlationID = HookSourceInput.read(&reader, "correlation_id", "Where the correlation id of its tasks is.")
        priority = reader.member("priority", "Of its tasks; larger goes first.", .integer(0...9), default: 5)
        deliveriesPerMinute = reader.member(
            "deliveries_per_minute", "More of them make no tasks within a minute; 429.",
            .integer(HookDefinition.rates), default: 600)
    }
}

/// `PATCH /v1/hooks/{hook_id}`.
package struct ChangeHookInput: WireInput {
    package static let wireName = "HookChange"

    package let workspaceID: ID<Workspace>
    package let id: ID<Hook>
    package let ifVersion: Int?
    package let name: String?
    package let agent: String?
    package let template: JSONValue?
    package let deliveryID: HookSource?
    package let correlationID: HookSource?
    package let priority: Int?
    package let deliveriesPerMinute: Int?
    package let isPaused: Bool?

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("hook_id", "The hook.", .id())
        ifVersion = reader.optional(
            "if_version", "The version the caller has seen; 412 when it is another by now.",
            .integer(1...Int(Int32.max)))
        name = reader.optional("name", "Another name.", .string(.text, min: 1, max: 200))
        agent = reader.optional("agent", "Another agent.", .string(.name, max: 63))
        template = reader.optional("template", "Another template.", .anything)
        deliveryID = HookSourceInput.read(&reader, "delivery_id", "Another place of a delivery's id.")
        correlationID = HookSourceInput.read(&reader, "correlation_id", "Another place of the correlation id.")
        priority = reader.optional("priority", "Another priority.", .integer(0...9))
        deliveriesPerMinute = reader.optional(
            "deliveries_per_minute", "Another number of deliveries a minute.", .integer(HookDefinition.rates))
        isPaused = reader.optional("paused", "Whether deliveries are refused.", .bool)
    }
}

/// `POST /v1/hooks/{hook_id}/rotate`.
package struct RotateHookInput: WireInput {
    package static let wireName = "HookRotation"

    package let workspaceID: ID<Workspace>
    package let id: ID<Hook>
    package let grace: Duration

    package init(_ reader: inout InputReader) {
        workspaceID = reader.workspace()
        id = reader.path("hook_id", "The hook.", .id())
        grace = .seconds(
            reader.member(
                "grace_seconds", "How long the secret before is accepted too; 0 for one that has leaked.",
                .integer(Hook.graces), default: 86_400))
    }
}

/// How deliveries are signed.
package struct SignatureInput: WireInput {
    package static let wireName = "HookSignatureInput"

    package let signature: HookSignature

    package init(_ reader: inout InputReader) {
        let scheme = reader.member(
            "scheme",
            "`standard` is Standard Webhooks, `github` is X-Hub-Signature-256, `hmac_sha256` is told by the members below.",
            .choice(HookScheme.self))
        let header = reader.optional("header", "The header with the signature.", .string(.headerName, min: 1, max: 64))
        let prefix = reader.optional(
            "prefix", "What stands before the signature in it.", .string(.visible, max: 64))
        let encoding = reader.optional(
            "encoding", "How the signature is written; `hex` unless given.", .choice(SignatureEncoding.self))
        var signature = HookSignature.standard
        switch scheme {
        case .standard, .github:
            signature = scheme == .github ? .github : .standard
            for (name, isGiven) in [
                ("header", header != nil), ("prefix", prefix != nil), ("encoding", encoding != nil),
            ] where isGiven { reader.refuse("/\(name)", "goes with the scheme hmac_sha256 only") }
        case .hmacSHA256:
            guard let header else {
                reader.refuse("/header", "is required with hmac_sha256")
                break
            }
            if let declared = HookSignatureHeader(name: header, prefix: prefix ?? "", encoding: encoding ?? .hex) {
                signature = .hmacSHA256(declared)
            } else {
                reader.refuse("/header", "must be a header that carries no other credentials")
            }
        }
        self.signature = signature
    }
}

/// The words for the schemes.
package enum HookScheme: String, WireEnum {
    case standard, github
    case hmacSHA256 = "hmac_sha256"
}

/// Where a short text is in a delivery.
package struct HookSourceInput: WireInput {
    package static let wireName = "HookSource"

    let source: HookSource?

    package init(_ reader: inout InputReader) {
        let header = reader.optional("header", "A header's name.", .string(.headerName, min: 1, max: 64))
        let pointer = reader.optional(
            "pointer", "A JSON Pointer into the body, instead of `header`.", .string(.text, min: 1, max: 500))
        reader.requireExactlyOne(of: "header", "pointer")
        var source: HookSource?
        if let name = header.flatMap({ HookHeaders.name($0) }) {
            if HookHeaders.credentials.contains(name) {
                reader.refuse("/header", "carries credentials")
            } else {
                source = .header(name)
            }
        } else if let pointer {
            source = HookPointer(pointer).map { .pointer($0) }
            if source == nil { reader.refuse("/pointer", "must be a JSON Pointer") }
        }
        self.source = source
    }

    fileprivate static func read(_ reader: inout InputReader, _ name: String, _ text: String) -> HookSource? {
        reader.optional(name, text, .object(HookSourceInput.self))?.source
    }
}

/// `POST /v1/hooks/{hook_id}`: the body is read by the handler, once it is known to be genuine.
package struct DeliveryInput: WireInput {
    package let id: ID<Hook>
    package let body: [UInt8]

    package init(_ reader: inout InputReader) {
        id = reader.path("hook_id", "The hook.", .id())
        body = reader.rawBody("Any JSON.", [(mediaType: "application/json", schema: { _ in [:] })]).bytes
    }
}

extension TextPattern {
    /// The name of a header (RFC 9110 §5.1).
    static let headerName = TextPattern(
        "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$", words: "the name of a header"
    ) { HookHeaders.name($0) != nil }

    /// ASCII that can be seen, without spaces.
    static let visible = TextPattern("^[!-~]{0,64}$", words: "printable ASCII without spaces") { text in
        text.utf8.count <= 64 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
