// SPDX-License-Identifier: Apache-2.0

package import Common

extension RenderError {
    /// As a problem of ours, for whoever asked us: what Render said, and what to do next. A key that Render refuses is our
    /// fault and not the asker's, so it is not `unauthenticated`.
    package var asProblem: Problem {
        switch self {
        case .refused(let status, let code, let message): Self.refusal(status, code, message, cause: self)
        case .rateLimited(let retryAfter):
            Problem(
                .rateLimited, "Render's limit of API calls is used up. Wait, then ask again.",
                code: "render_rate_limited", retryAfter: retryAfter ?? .seconds(60), cause: self)
        case .unavailable:
            Problem(
                .unavailable,
                "Render's API cannot be reached or is failing. Ask again in a while; see status.render.com.",
                code: "render_unavailable", retryAfter: .seconds(10), cause: self)
        case .outcomeUnknown(let what):
            Problem(
                .unavailable,
                "Render did not say whether it happened: \(what). Look whether it is there before asking again.",
                code: "render_outcome_unknown", cause: self)
        case .malformed(let place):
            Problem(
                .unavailable, "Render answered in a way that cannot be read (\(place)). Its API may have changed.",
                code: "render_malformed", cause: self)
        }
    }

    private static func refusal(
        _ status: Int, _ code: String?, _ message: String, cause: any Error
    ) -> Problem {
        let said = "Render says: \(message)"
        let (kind, word, advice): (Problem.Kind, String, String) =
            switch status {
            case 401:
                (
                    .unavailable, "render_key_refused",
                    "Render refuses the API key. Set RENDER_API_TOKEN to one that is valid."
                )
            case 402:
                (.conflict, "render_payment_required", "Render wants payment details first. Add them in its dashboard.")
            case 403:
                (
                    .forbidden, "render_forbidden",
                    "The API key's user may not do this. Use a key of a member who may, or ask the workspace's admin."
                )
            case 404, 410:
                (.notFound, "render_not_found", "Render does not have it, or the API key cannot see it. Check the id.")
            case 409:
                (.conflict, "render_conflict", "It does not fit what is there. Look at its state, then ask again.")
            default: (.invalid, "render_refused", "Render does not accept this request. Correct it, then ask again.")
            }
        var details: JSONObject = ["renderStatus": JSONValue(status)]
        if let code { details["renderCode"] = .string(code) }
        return Problem(kind, "\(advice) \(said)", code: word, details: details, cause: cause)
    }
}
