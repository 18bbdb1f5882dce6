// SPDX-License-Identifier: Apache-2.0

/// A maker of static sites: by what lines of a log it is known, and the settings that go with it.
struct Framework: Sendable {
    let name: String
    /// One of these is in a line of its build.
    let marks: [String]
    let buildCommand: String
    /// Nil where it depends on the project's name, and only a log can tell.
    let publishPath: String?
    /// Builds a server unless one of these is in the log; empty for what never does.
    var exportMarks: [String] = []
    /// Builds a server when one of these is in the log.
    var serverMarks: [String] = []
    /// One of these says that a build went to its end.
    var doneMarks: [String] = ["✓ built in"]

    private static let npm = "npm ci && npm run build"

    /// In the order in which they are looked for: what is built on Vite prints Vite's lines too.
    static let table: [Framework] = [
        Framework(
            name: "SvelteKit", marks: ["Using @sveltejs/adapter-", "svelte-kit build"], buildCommand: npm,
            publishPath: "build", exportMarks: ["@sveltejs/adapter-static", "Wrote site to \""], doneMarks: ["✔ done"]),
        Framework(
            name: "Astro", marks: ["astro build", "[build] output: \""], buildCommand: npm, publishPath: "dist",
            serverMarks: ["[build] output: \"server\"", "[build] mode: \"server\""],
            doneMarks: ["[build] Complete!"]),
        Framework(
            name: "Nuxt", marks: ["nuxt generate", "nuxi generate", "nuxt build", "nuxi build"],
            buildCommand: "npm ci && npm run generate", publishPath: ".output/public",
            exportMarks: ["nuxt generate", "nuxi generate", "preset: static", "You can now deploy .output/public"],
            doneMarks: ["You can now deploy"]),
        Framework(
            name: "Nitro", marks: ["Building Nitro", "vinxi build"], buildCommand: npm, publishPath: nil,
            exportMarks: ["preset: static"]),
        Framework(
            name: "Remix", marks: ["remix build", "remix vite:build", "react-router build"], buildCommand: npm,
            publishPath: "build/client", exportMarks: ["SPA Mode:"]),
        Framework(
            name: "Next.js", marks: ["next build", "Next.js 1", "Creating an optimized production build ..."],
            buildCommand: npm, publishPath: "out",
            exportMarks: ["Exporting (", "Export successful", "next export"],
            doneMarks: ["Exporting (", "Export successful"]),
        Framework(name: "VitePress", marks: ["vitepress build", "vitepress v"], buildCommand: npm, publishPath: nil),
        Framework(
            name: "Vite", marks: ["vite build", "vite v"], buildCommand: npm, publishPath: "dist",
            serverMarks: ["building SSR bundle", "building ssr environment"]),
        Framework(
            name: "Create React App", marks: ["react-scripts build"], buildCommand: npm, publishPath: "build",
            doneMarks: ["Compiled successfully", "Compiled with warnings", "folder is ready to be deployed"]),
        Framework(
            name: "Vue CLI", marks: ["vue-cli-service build"], buildCommand: npm, publishPath: "dist",
            doneMarks: ["Build complete."]),
        Framework(
            name: "Gatsby", marks: ["gatsby build"], buildCommand: npm, publishPath: "public",
            doneMarks: ["Done building in"]),
        Framework(
            name: "Docusaurus", marks: ["docusaurus build"], buildCommand: npm, publishPath: "build",
            doneMarks: ["Generated static files"]),
        Framework(
            name: "Angular", marks: ["> ng build", "'ng build", "&& ng build"], buildCommand: npm, publishPath: nil,
            serverMarks: ["Server bundles"], doneMarks: ["bundle generation complete"]),
        Framework(
            name: "Hugo", marks: ["Start building sites", "hugo v0."], buildCommand: "hugo --minify",
            publishPath: "public", doneMarks: ["Total in"]),
        Framework(
            name: "Jekyll", marks: ["jekyll build", "Jekyll Feed:"], buildCommand: "bundle exec jekyll build",
            publishPath: "_site", doneMarks: ["done in"]),
        Framework(
            name: "Eleventy", marks: ["[11ty]", "@11ty/eleventy"], buildCommand: "npx @11ty/eleventy",
            publishPath: "_site", doneMarks: ["[11ty] Wrote", "[11ty] Copied"]),
        Framework(
            name: "MkDocs", marks: ["mkdocs build", "Building documentation to directory"],
            buildCommand: "pip install -r requirements.txt && mkdocs build", publishPath: "site",
            doneMarks: ["Documentation built in"]),
    ]

    /// The one whose build is in the log.
    static func found(in log: BuildLog) -> Framework? {
        let lines = log.lines.filter { $0.phase == .build }.map(\.text)
        return table.first { framework in lines.contains { has($0, framework.marks) } }
    }

    /// Whether what was built needs a server to run.
    func isServer(in log: BuildLog) -> Bool {
        let lines = log.lines.map(\.text)
        if lines.contains(where: { Self.has($0, serverMarks) }) { return true }
        return !exportMarks.isEmpty && !lines.contains { Self.has($0, exportMarks) }
    }

    /// Whether the log says that its build went to the end.
    func isDone(in log: BuildLog) -> Bool { log.lines.contains { Self.has($0.text, doneMarks) } }

    /// The build command that all frameworks that write to `publishPath` share; nil when they do not, or there is none.
    static func buildCommand(publishing publishPath: String) -> String? {
        let named = table.filter { $0.publishPath == publishPath }
        // Angular's folder is named for the project, and only Angular ends in it.
        let isAngular = publishPath.hasPrefix("dist/") && publishPath.hasSuffix("/browser")
        let commands = Set(isAngular ? [npm] : named.map(\.buildCommand))
        return commands.count == 1 ? commands.first : nil
    }

    private static func has(_ line: String, _ marks: [String]) -> Bool {
        marks.contains { line.utf8.contains($0.utf8) }
    }
}
