// SPDX-License-Identifier: Apache-2.0

extension Problem {
    /// Reads an RFC 9457 body back into a problem; nil when it is no JSON object.
    ///
    /// `status` chooses the kind. Members that we give no meaning to are kept in `details`.
    package init?(json bytes: [UInt8], status: Int, retryAfter: Duration? = nil) {
        guard let object = try? JSONValue.parse(bytes).object else { return nil }
        let kind = Kind(status: status)
        let message = object["detail"]?.string ?? object["title"]?.string ?? "The call failed with status \(status)."
        let fields = (object["errors"]?.array ?? []).compactMap { entry -> FieldError? in
            guard let field = entry["field"]?.string, let message = entry["message"]?.string else { return nil }
            return FieldError(field, message)
        }
        let details = object.members.filter { !Self.standardMembers.contains($0.name) }
        self.init(
            kind, message, code: object["code"]?.string, fields: fields,
            details: JSONObject(details.map { ($0.name, $0.value) }), retryAfter: retryAfter)
    }

    private static let standardMembers: Set<String> = [
        "type", "title", "status", "detail", "instance", "code", "errors",
    ]
}

extension Problem.Kind {
    /// The kind that a status of another server comes closest to.
    package init(status: Int) {
        self =
            switch status {
            case 401: .unauthenticated
            case 403: .forbidden
            case 404, 410: .notFound
            case 405: .methodNotAllowed
            case 408, 504: .timeout
            case 409: .conflict
            case 412: .stale
            case 413: .tooLarge
            case 415: .unsupportedMedia
            case 422: .unprocessable
            case 428: .preconditionRequired
            case 429: .rateLimited
            case 502, 503: .unavailable
            case 400..<500: .invalid
            default: .internal
            }
    }
}
