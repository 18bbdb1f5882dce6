// SPDX-License-Identifier: Apache-2.0

/// What Render was doing when it wrote a line.
package enum BuildPhase: String, Sendable, Hashable, CaseIterable, Comparable {
    case clone
    case build
    /// Between the end of a build and the start of what it built.
    case upload
    case preDeploy = "pre_deploy"
    /// What was built is being started and waited for.
    case start
    case live

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: BuildPhase, right: BuildPhase) -> Bool { left.order < right.order }
}

/// A line by which Render says where it is. The words are data: they change now and then.
enum PhaseMarker: Sendable, Hashable, CaseIterable {
    case cloning, checkingOut, repositoryRefused
    case building, skippingBuild
    case buildSucceeded, buildFailed
    case uploading, deploying, preDeploying, preDeployFailed, starting
    case live

    /// What the line begins with, behind the arrow.
    private static let beginnings: [(String, PhaseMarker)] = [
        ("Cloning from", .cloning), ("Checking out commit", .checkingOut), ("Unable to clone", .repositoryRefused),
        ("It looks like we don't have access", .repositoryRefused),
        ("Running build command", .building), ("Empty build command", .skippingBuild),
        ("Build successful", .buildSucceeded), ("Build failed", .buildFailed),
        ("Build complete", .buildSucceeded), ("Build succeeded", .buildSucceeded),
        ("Uploading build", .uploading), ("Uploaded in", .uploading),
        ("Deploying", .deploying), ("Starting pre-deploy", .preDeploying), ("Running pre-deploy", .preDeploying),
        ("Pre-deploy has failed", .preDeployFailed), ("Running '", .starting), ("Starting service with", .starting),
        ("Your service is live", .live), ("Your site is live", .live),
    ]

    static let arrow = "==> "

    init?(line: String) {
        guard line.hasPrefix(Self.arrow) else { return nil }
        let words = line.dropFirst(Self.arrow.count)
        guard let found = Self.beginnings.first(where: { words.hasPrefix($0.0) }) else { return nil }
        self = found.1
    }

    /// The phase that the line belongs to.
    var phase: BuildPhase {
        switch self {
        case .cloning, .checkingOut, .repositoryRefused: .clone
        case .building, .skippingBuild, .buildFailed, .buildSucceeded: .build
        case .uploading, .deploying: .upload
        case .preDeploying, .preDeployFailed: .preDeploy
        case .starting: .start
        case .live: .live
        }
    }

    /// The phase of the lines behind it.
    var following: BuildPhase {
        switch self {
        case .checkingOut: .build
        case .buildSucceeded: .upload
        case .deploying: .start
        default: phase
        }
    }

    /// Whether a deploy is over with it, so that a clone behind it belongs to the next.
    var isEnd: Bool { [.buildFailed, .preDeployFailed, .live].contains(self) }
}
