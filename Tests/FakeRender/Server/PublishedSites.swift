// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension FakeRender {
    /// Serves what the live deploy of a static site has published, by the site's routes: `/__site/SLUG/…`.
    func site(_ call: FakeCall) -> FakeAnswer {
        let slug = call.segments.count > 1 ? call.segments[1] : ""
        let path = call.segments.dropFirst(2).joined(separator: "/")
        return world.withLock { world in
            world.catchUp()
            guard let service = world.services.values.first(where: { $0.slug == slug && $0.isStatic }) else {
                return .html(404, "<html><body>Not Found</body></html>")
            }
            guard !service.isSuspended else { return .html(503, "<html><body>Service Suspended</body></html>") }
            let live = world.deploys.values.last { $0.serviceID == service.id && $0.status == "live" }
            let files = live?.site?.files ?? []
            if let file = Self.file(path, in: files) { return Self.page(file, service) }
            for route in service.routes where Self.matches(route.source, "/\(path)") {
                if route.type == "redirect" {
                    var answer = FakeAnswer.html(301, "")
                    answer.headers.append(("Location", route.destination))
                    return answer
                }
                if let file = Self.file(String(route.destination.drop { $0 == "/" }), in: files) {
                    return Self.page(file, service)
                }
            }
            return .html(404, "<html><body>Not Found</body></html>")
        }
    }

    private static func file(_ path: String, in files: Set<String>) -> String? {
        let candidates = path.isEmpty ? ["index.html"] : [path, "\(path)/index.html", "\(path).html"]
        return candidates.first(where: files.contains)
    }

    private static func matches(_ source: String, _ path: String) -> Bool {
        if source.hasSuffix("*") { return path.hasPrefix(source.dropLast()) }
        return source == path
    }

    private static func page(_ file: String, _ service: FakeService) -> FakeAnswer {
        .html(200, "<!doctype html><html><head><title>\(service.slug)</title></head><body>\(file)</body></html>")
    }
}
