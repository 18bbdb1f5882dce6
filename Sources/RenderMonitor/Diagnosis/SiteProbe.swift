// SPDX-License-Identifier: Apache-2.0

package import Common
import Render

/// What a look at a live deploy brought.
package struct ProbeResult: Sendable, Hashable {
    package enum Verdict: String, Sendable, Hashable {
        case healthy, broken
        /// Nothing can be said: no address, a login in front of it, addresses that are not let in.
        case unknown
    }

    package var deployID: String
    package var at: Timestamp
    package var verdict: Verdict
    /// A signature of `live_…`; nil unless it is broken.
    package var signature: String?
    /// What was asked and answered, such as `GET /: 404 text/html`.
    package var text: String

    package var json: JSONObject {
        var object: JSONObject = [
            "deploy_id": .string(deployID), "at": .string(at.description), "verdict": .string(verdict.rawValue),
            "text": .string(text),
        ]
        object["signature"] = signature.map { .string($0) }
        return object
    }

    package init?(json: JSONObject) {
        guard let deployID = json["deploy_id"]?.string, let at = json["at"]?.string.flatMap({ Timestamp($0) }),
            let verdict = json["verdict"]?.string.flatMap(Verdict.init(rawValue:)), let text = json["text"]?.string
        else { return nil }
        self.init(deployID: deployID, at: at, verdict: verdict, signature: json["signature"]?.string, text: text)
    }

    init(deployID: String, at: Timestamp, verdict: Verdict, signature: String? = nil, text: String) {
        self.deployID = deployID
        self.at = at
        self.verdict = verdict
        self.signature = signature
        self.text = text
    }
}

/// Looks at a live deploy as a visitor would: what Render calls live may still show nobody anything.
struct SiteProbe: Sendable {
    /// A path that no site has, for addresses that are answered by a rewrite.
    static let deepLink = "/tutti-probe/deep-link"

    let prober: any SiteProber

    func probe(_ service: RenderService, deployID: String, routes: [StaticRoute], at now: Timestamp) async throws
        -> ProbeResult
    {
        func result(_ verdict: ProbeResult.Verdict, _ text: String, as signature: String? = nil) -> ProbeResult {
            ProbeResult(deployID: deployID, at: now, verdict: verdict, signature: signature, text: text)
        }
        let isSite = service.type == "static_site"
        guard isSite || service.type == "web_service", let address = service.details.url,
            let url = try? BaseURL(address)
        else { return result(.unknown, "it has no public address") }
        let path = isSite ? "/" : service.details.healthCheckPath.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        guard let answer = try await answer(url, path) else {
            return result(.broken, "GET \(path): no answer", as: "live_unreachable")
        }
        if answer.isTooLarge { return result(.unknown, "GET \(path): an answer too large to look at") }
        let seen = Self.text(path, answer)
        guard isSite else {
            return answer.status >= 500 ? result(.broken, seen, as: "live_error") : result(.healthy, seen)
        }
        if let signature = Self.fault(answer) { return result(.broken, seen, as: signature) }
        if [401, 403, 429].contains(answer.status) || (300...399).contains(answer.status) {
            return result(answer.status < 400 ? .healthy : .unknown, seen)
        }
        guard Self.rewritesAll(routes) else { return result(.healthy, seen) }
        guard let deep = try await self.answer(url, Self.deepLink) else { return result(.unknown, seen) }
        let both = seen + "; " + Self.text(Self.deepLink, deep)
        return Self.fault(deep) == nil ? result(.healthy, both) : result(.broken, both, as: "live_deep_link")
    }

    /// Nil for no answer; cancellation stays what it is.
    private func answer(_ url: BaseURL, _ path: String) async throws -> SiteAnswer? {
        guard let page = try? BaseURL(url.description + (path.hasPrefix("/") ? path : "/" + path)) else { return nil }
        do {
            return try await prober.get(page)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return nil
        }
    }

    private static func fault(_ answer: SiteAnswer) -> String? {
        switch answer.status {
        case _ where answer.isTooLarge: return nil
        case 200...299:
            let type = (answer.contentType ?? "").lowercased()
            if !type.hasPrefix("text/html"), !type.hasPrefix("application/xhtml") { return "live_not_html" }
            return answer.body.contains { $0 > 0x20 } ? nil : "live_empty"
        case 404, 410: return "live_not_found"
        case 500...: return "live_error"
        default: return nil
        }
    }

    /// Whether every address is to lead to a page: the site routes in the browser.
    private static func rewritesAll(_ routes: [StaticRoute]) -> Bool {
        guard let first = routes.first(where: { $0.source == "/*" || $0.source == "*" }) else { return false }
        return first.type == "rewrite" && !first.destination.contains("://")
    }

    private static func text(_ path: String, _ answer: SiteAnswer) -> String {
        let type = answer.contentType.map { " " + String($0.prefix(60)) } ?? ""
        return "GET \(path): \(answer.status)\(type), \(answer.body.count) bytes"
    }
}
