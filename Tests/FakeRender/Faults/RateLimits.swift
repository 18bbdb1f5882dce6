// SPDX-License-Identifier: Apache-2.0

import Common

/// How many requests a minute are let through, by kind. Nil is no limit.
package struct RateLimits: Sendable, Equatable {
    package var reads: Int?
    package var writes: Int?
    package var logs: Int?
    /// For each service.
    package var deploys: Int?
    /// Whether answers that are let through tell how many are left, too.
    package var tellsAlways = true

    package init(reads: Int? = nil, writes: Int? = nil, logs: Int? = nil, deploys: Int? = nil) {
        self.reads = reads
        self.writes = writes
        self.logs = logs
        self.deploys = deploys
    }

    /// What Render is known to allow.
    package static let published = RateLimits(reads: 400, writes: 30, logs: 30, deploys: 10)

    func limit(of kind: RequestKind) -> Int? {
        switch kind {
        case .read: reads
        case .write: writes
        case .logs: logs
        case .deploy: deploys
        }
    }
}

/// Buckets of tokens, one for each kind of request: a request takes one, and they fill again evenly over a minute.
struct TokenBuckets: Sendable {
    struct Verdict: Equatable {
        var isAllowed: Bool
        var headers: [String: String]
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: Timestamp
    }

    private var buckets: [String: Bucket] = [:]

    /// Takes a token for a request of that kind, and says what the answer's headers are.
    mutating func take(_ kind: RequestKind, service: String?, _ limits: RateLimits, at now: Timestamp) -> Verdict {
        guard let limit = limits.limit(of: kind), limit > 0 else { return Verdict(isAllowed: true, headers: [:]) }
        let name = kind == .deploy ? "deploy \(service ?? "")" : kind.rawValue
        let rate = Double(limit) / 60
        var bucket = buckets[name] ?? Bucket(tokens: Double(limit), filledAt: now)
        let passed = max(0, (now - bucket.filledAt) / .seconds(1))
        bucket.tokens = min(Double(limit), bucket.tokens + passed * rate)
        bucket.filledAt = now
        let isAllowed = bucket.tokens >= 1
        if isAllowed { bucket.tokens -= 1 }
        buckets[name] = bucket
        let wait = isAllowed ? 0 : (1 - bucket.tokens) / rate
        let full = (Double(limit) - bucket.tokens) / rate
        var headers = [
            "Ratelimit-Limit": String(limit), "Ratelimit-Remaining": String(Int(bucket.tokens)),
            "Ratelimit-Reset": String(Int((Double(now.microseconds) / 1_000_000 + full).rounded(.up))),
        ]
        if !isAllowed { headers["Retry-After"] = String(max(1, Int(wait.rounded(.up)))) }
        if isAllowed, !limits.tellsAlways { headers = [:] }
        return Verdict(isAllowed: isAllowed, headers: headers)
    }
}
