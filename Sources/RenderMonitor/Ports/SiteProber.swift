// SPDX-License-Identifier: Apache-2.0

package import Common

/// What a site answered.
package struct SiteAnswer: Sendable, Hashable {
    package var status: Int
    package var contentType: String?
    package var body: [UInt8]
    /// There is more to it than is read; nothing else of it is known.
    package var isTooLarge = false

    package init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// Fetches one page without credentials and without following redirects.
package protocol SiteProber: Sendable {
    /// Throws when there is no answer in time.
    func get(_ url: BaseURL) async throws -> SiteAnswer
}

/// Probes over HTTP with the process's own client.
package struct HTTPSiteProber: SiteProber {
    private static let answerBytes = 2 * 1024 * 1024
    private let deadline: Duration

    package init(deadline: Duration = .seconds(10)) { self.deadline = deadline }

    package func get(_ url: BaseURL) async throws -> SiteAnswer {
        let origin = try BaseURL(url.origin)
        let client = ServiceClient(
            peer: "the site", baseURL: origin, credential: .none,
            limits: ServiceClient.Limits(deadline: deadline, answerBytes: Self.answerBytes, retries: .never))
        do {
            let answer = try await client.send(HTTPCall.get(url.path.isEmpty ? "/" : url.path))
            return SiteAnswer(status: answer.status, contentType: answer.contentType, body: answer.body)
        } catch HTTPCallError.tooLarge {
            var answer = SiteAnswer(status: 200)
            answer.isTooLarge = true
            return answer
        } catch let failure as HTTPCallError {
            guard let status = failure.status else { throw failure }
            return SiteAnswer(status: status)
        }
    }
}
