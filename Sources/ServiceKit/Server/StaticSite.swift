// SPDX-License-Identifier: Apache-2.0

import Common
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore

/// A built web application, served from memory below one path.
///
/// What lies in `a/` has a name that changes with its content and may be kept for ever. Every other address below the path
/// is one of the application's own and answered with `index.html`. Files that have a `.gz` beside them go out packed to who
/// takes that. The application may load nothing but what is served here.
package struct StaticSite: Sendable {
    /// Where it is served.
    package static let base = "/app"

    private struct Asset {
        let content: ByteBuffer
        let packed: ByteBuffer?
        let mediaType: String
        let tag: String
    }

    private let index: Asset
    private let assets: [String: Asset]
    /// Addresses outside the base that lead into it.
    private static let entrances = ["/": base + "/", base: base + "/", "/new-task": base + "/new-task"]
    private static let assetFolder = "a/"
    private static let mostBytes = 32 << 20

    /// Reads the folder. Blocks; throws when there is no application in it.
    package init(folder: String) throws(StaticSiteError) {
        let root = URL(fileURLWithPath: folder, isDirectory: true)
        guard let index = Self.read("index.html", in: root) else { throw StaticSiteError.nothingBuilt(folder: folder) }
        self.index = index
        var assets: [String: Asset] = [:]
        var bytes = 0
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + Self.assetFolder)) ?? []
        for name in names where !name.hasSuffix(".gz") && !name.hasSuffix(".map") {
            guard let asset = Self.read(Self.assetFolder + name, in: root) else { continue }
            assets[Self.assetFolder + name] = asset
            bytes += asset.content.readableBytes
            guard bytes <= Self.mostBytes else { throw StaticSiteError.tooLarge(folder: folder) }
        }
        self.assets = assets
    }

    private static func read(_ path: String, in root: URL) -> Asset? {
        guard let content = try? Data(contentsOf: root.appending(path: path)) else { return nil }
        return Asset(
            content: ByteBuffer(bytes: content),
            packed: (try? Data(contentsOf: root.appending(path: path + ".gz"))).map { ByteBuffer(bytes: $0) },
            mediaType: mediaType(of: path), tag: "\"" + ContentDigest(of: Array(content)).description.prefix(24) + "\"")
    }

    private static func mediaType(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "woff2": "font/woff2"
        case "png": "image/png"
        default: "application/octet-stream"
        }
    }

    /// The answer to a request of a page, file or entrance; nil for paths that are none of the application's.
    func response(to request: Request, path: String) throws(Problem) -> Response? {
        let isInside = path.hasPrefix(Self.base + "/")
        guard isInside || Self.entrances[path] != nil else { return nil }
        guard request.method == .get || request.method == .head else {
            throw Problem(.methodNotAllowed, "This path answers GET, HEAD.")
        }
        if let place = Self.entrances[path] {
            // What follows the question mark goes along: links to a form that is filled in lead through here.
            let query = request.uri.query.map { "?" + $0 } ?? ""
            if place != path { return Response(status: .found, headers: [.location: place + query]) }
        }
        let name = String(path.dropFirst(Self.base.count + 1))
        guard name.hasPrefix(Self.assetFolder) else { return answer(index, to: request, caching: "no-cache") }
        guard let asset = assets[name] else {
            throw Problem(.notFound, "There is no such file. Load the page again: it is of an earlier version.")
        }
        return answer(asset, to: request, caching: "public, max-age=31536000, immutable")
    }

    private func answer(_ asset: Asset, to request: Request, caching: String) -> Response {
        var headers: HTTPFields = [
            .cacheControl: caching, .eTag: asset.tag, .contentSecurityPolicy: Self.policy, .vary: "Accept-Encoding",
            .crossOriginOpenerPolicy: "same-origin",
        ]
        if request.headers[.ifNoneMatch] == asset.tag { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = asset.mediaType
        var body = asset.content
        if let packed = asset.packed, request.headers[.acceptEncoding]?.contains("gzip") == true {
            headers[.contentEncoding] = "gzip"
            body = packed
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

/// The folder of a web application cannot be served.
package enum StaticSiteError: Error, CustomStringConvertible {
    case nothingBuilt(folder: String)
    case tooLarge(folder: String)

    package var description: String {
        switch self {
        case .nothingBuilt(let folder): "there is no index.html in \(folder); build it with scripts/web build"
        case .tooLarge(let folder): "what lies in \(folder) is too large to be a built dashboard"
        }
    }
}

extension HTTPField.Name {
    static let crossOriginOpenerPolicy = constantName("Cross-Origin-Opener-Policy")
}
