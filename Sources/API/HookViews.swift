// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// A hook as it is, without its secret.
package struct HookView: WireObject {
    package static let wireName = "Hook"

    package let hook: Hook

    package init(_ hook: Hook) { self.hook = hook }

    package static let fields: [Field<HookView>] = fields(of: \.hook)

    static func fields<Owner>(of hook: @escaping @Sendable (Owner) -> Hook) -> [Field<Owner>] {
        [
            Field("hook_id", "Names the hook.") { hook($0).id },
            Field("workspace_id", "The workspace it belongs to.") { hook($0).workspaceID.rawValue },
            Field("room_id", "Where its tasks go.") { hook($0).roomID },
            Field("path", "Where deliveries are posted to.") { "/v1/hooks/\(hook($0).id)" },
            Field("name", "What people call it.") { hook($0).definition.name },
            Field("agent", "Who carries its tasks out.") { hook($0).definition.agent },
            Field("template", "The input of its tasks, with places that a delivery fills.") {
                hook($0).definition.template.source
            },
            Field("signature", "How deliveries are signed.") { SignatureView(hook($0).definition.signature) },
            Field("delivery_id", "Where a delivery's id is; null for its content's hash.") { owner in
                let definition = hook(owner).definition
                return (definition.deliveryID ?? definition.signature.deliveryIDSource).map(HookSourceView.init)
            },
            Field("correlation_id", "Where the correlation id of its tasks is; null for none.") {
                hook($0).definition.correlationID.map(HookSourceView.init)
            },
            Field("priority", "Of its tasks; larger goes first.") { hook($0).definition.priority },
            Field("deliveries_per_minute", "More of them make no tasks within a minute.") {
                hook($0).definition.deliveriesPerMinute
            },
            Field("generation", "Which secret is in use; rises with each rotation.") { hook($0).generation },
            Field("rotated_at", "When the secret was last changed; null when never.") { hook($0).rotatedAt },
            Field("grace_until", "Until when the secret before is accepted too; null when never rotated.") {
                hook($0).graceUntil
            },
            Field("paused_at", "Since when deliveries are refused; null while they are not.") { hook($0).pausedAt },
            Field("delivery_count", "Deliveries that made a task.") { hook($0).deliveryCount },
            Field("last_delivery_at", "When the last of them came; null before.") { hook($0).lastDeliveryAt },
            Field("version", "Rises with every change; name it as `if_version`.") { hook($0).version },
            Field("created_at", "When it was made.") { hook($0).createdAt },
            Field("updated_at", "When it was changed last.") { hook($0).updatedAt },
        ]
    }
}

/// A hook with its secret, shown when that is new.
package struct HookWithSecretView: WireObject {
    package static let wireName = "HookWithSecret"

    let hook: Hook
    let secret: Secret<String>

    package init(_ hook: Hook, secret: Secret<String>) {
        self.hook = hook
        self.secret = secret
    }

    package static let fields: [Field<HookWithSecretView>] =
        HookView.fields(of: \.hook) + [
            Field("secret", "What deliveries are to be signed with.") { $0.secret.reveal() }
        ]
}

/// How deliveries are signed.
package struct SignatureView: WireObject {
    package static let wireName = "HookSignature"

    let signature: HookSignature

    init(_ signature: HookSignature) { self.signature = signature }

    package static let fields: [Field<SignatureView>] = [
        Field("scheme", "By which rules.") { $0.scheme },
        Field("header", "The header with the signature.") { $0.signature.header },
        Field("prefix", "What stands before the signature in it; null but for `hmac_sha256`.") { $0.declared?.prefix },
        Field("encoding", "How the signature is written; null but for `hmac_sha256`.") { $0.declared?.encoding },
    ]

    private var scheme: HookScheme {
        switch signature {
        case .standard: .standard
        case .github: .github
        case .hmacSHA256: .hmacSHA256
        }
    }

    private var declared: HookSignatureHeader? {
        guard case .hmacSHA256(let header) = signature else { return nil }
        return header
    }
}

/// Where a short text is in a delivery.
package struct HookSourceView: WireObject {
    package static let wireName = "HookSourceView"

    let source: HookSource

    init(_ source: HookSource) { self.source = source }

    package static let fields: [Field<HookSourceView>] = [
        Field("header", "A header's name, or null.") { view -> String? in
            if case .header(let name) = view.source { name } else { nil }
        },
        Field("pointer", "A JSON Pointer into the body, or null.") { view -> String? in
            if case .pointer(let pointer) = view.source { pointer.description } else { nil }
        },
    ]
}

/// What became of a delivery.
package struct DeliveryView: WireObject {
    package static let wireName = "Delivery"

    let taskID: ID<WorkTask>
    let isDuplicate: Bool

    package init(taskID: ID<WorkTask>, isDuplicate: Bool) {
        self.taskID = taskID
        self.isDuplicate = isDuplicate
    }

    package static let fields: [Field<DeliveryView>] = [
        Field("task_id", "The task it made, or that an earlier delivery of the same id made.") { $0.taskID },
        Field("duplicate", "Whether it had come before.") { $0.isDuplicate },
    ]
}
