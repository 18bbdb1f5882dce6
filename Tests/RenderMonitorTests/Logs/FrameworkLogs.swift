// SPDX-License-Identifier: Apache-2.0

import RenderMonitor

private func log(_ command: String, _ lines: String, publish: String) -> String {
    """
    \(cloned)
    ==> Running build command '\(command)'...
    \(lines)
    ==> Publish directory \(publish) does not exist!
    ==> Build failed 😞
    """
}

private let npm = "npm ci && npm run build"

/// One build of each framework, with a folder that it does not write.
let frameworkLogs: [RecordedLog] = [
    RecordedLog(
        name: "Create React App", build: npm, publish: "dist", signature: "publish_dir_missing",
        action: .fix([.publishPath: "build"]),
        text: log(
            npm, "> react-scripts build\nCompiled successfully.\nThe build folder is ready to be deployed.",
            publish: "dist")),
    RecordedLog(
        name: "Next.js with an export", build: npm, publish: ".next", signature: "publish_dir_missing",
        action: .fix([.publishPath: "out"]),
        text: log(
            npm,
            "> next build\n  ▲ Next.js 14.2.3\n ✓ Compiled successfully\n ✓ Generating static pages (5/5)\n ✓ Exporting (2/2)",
            publish: ".next")),
    RecordedLog(
        name: "Next.js that is a server", build: npm, publish: "out", signature: "ssr_as_static_site", action: .person,
        text: log(
            npm,
            "> next build\n  ▲ Next.js 14.2.3\n ✓ Compiled successfully\n ✓ Generating static pages (5/5)\nƒ  (Dynamic)  server-rendered on demand",
            publish: "out")),
    RecordedLog(
        name: "Nuxt that is generated", build: "npm ci && npm run generate", publish: "dist",
        signature: "publish_dir_missing", action: .fix([.publishPath: ".output/public"]),
        text: log(
            "npm ci && npm run generate",
            "> nuxt generate\n[nitro] Prerendered 4 routes in 1.2 seconds\n✔ You can now deploy .output/public to any static hosting!",
            publish: "dist")),
    RecordedLog(
        name: "Nuxt that is a server", build: npm, publish: "dist", signature: "ssr_as_static_site", action: .person,
        text: log(npm, "> nuxt build\n[nitro] Building Nitro Server (preset: node-server)", publish: "dist")),
    RecordedLog(
        name: "SvelteKit with the static adapter", build: npm, publish: "public", signature: "publish_dir_missing",
        action: .fix([.publishPath: "build"]),
        text: log(
            npm, "> vite build\n> Using @sveltejs/adapter-static\n  Wrote site to \"build\"\n  ✔ done",
            publish: "public")),
    RecordedLog(
        name: "SvelteKit with a server's adapter", build: npm, publish: "build", signature: "ssr_as_static_site",
        action: .person,
        text: log(npm, "> vite build\n> Using @sveltejs/adapter-node\n  ✔ done", publish: "build")),
    RecordedLog(
        name: "Astro", build: npm, publish: "build", signature: "publish_dir_missing",
        action: .fix([.publishPath: "dist"]),
        text: log(
            npm,
            "> astro build\n10:11:12 [build] output: \"static\"\n10:11:12 [build] directory: /opt/render/project/src/dist/\n10:11:14 [build] Complete!",
            publish: "build")),
    RecordedLog(
        name: "Astro that is a server", build: npm, publish: "dist", signature: "ssr_as_static_site", action: .person,
        text: log(npm, "> astro build\n10:11:12 [build] output: \"server\"", publish: "dist")),
    RecordedLog(
        name: "Astro in a root directory", root: "site", build: npm, publish: "site/dist", signature: "double_prefix",
        action: .fix([.publishPath: "dist"]),
        text: log(
            npm, "> astro build\n10:11:12 [build] directory: /opt/render/project/src/site/dist/", publish: "site/dist")),
    RecordedLog(
        name: "Gatsby", build: npm, publish: "build", signature: "publish_dir_missing",
        action: .fix([.publishPath: "public"]),
        text: log(
            npm, "> gatsby build\nsuccess Building static HTML for pages\ninfo Done building in 20.1 sec",
            publish: "build")),
    RecordedLog(
        name: "Docusaurus", build: npm, publish: "dist", signature: "publish_dir_missing",
        action: .fix([.publishPath: "build"]),
        text: log(npm, "> docusaurus build\n[SUCCESS] Generated static files in \"build\".", publish: "dist")),
    RecordedLog(
        name: "Hugo", build: "hugo --minify", publish: "dist", signature: "publish_dir_missing",
        action: .fix([.publishPath: "public"]),
        text: log(
            "hugo --minify", "Start building sites …\nhugo v0.139.0+extended linux/amd64\nTotal in 86 ms",
            publish: "dist")),
    RecordedLog(
        name: "Jekyll", build: "bundle exec jekyll build", publish: "public", signature: "publish_dir_missing",
        action: .fix([.publishPath: "_site"]),
        text: log(
            "bundle exec jekyll build",
            "Configuration file: /opt/render/project/src/_config.yml\n            Source: /opt/render/project/src\n       Destination: /opt/render/project/src/_site\n                    done in 0.3 seconds.",
            publish: "public")),
    RecordedLog(
        name: "Eleventy", build: "npx @11ty/eleventy", publish: "dist", signature: "publish_dir_missing",
        action: .fix([.publishPath: "_site"]),
        text: log(
            "npx @11ty/eleventy",
            "[11ty] Writing ./_site/index.html from ./index.md (liquid)\n[11ty] Writing ./_site/about/index.html from ./about.md (liquid)\n[11ty] Wrote 2 files in 0.12 seconds",
            publish: "dist")),
    RecordedLog(
        name: "Angular", build: npm, publish: "dist", signature: "publish_dir_missing",
        action: .fix([.publishPath: "dist/shop/browser"]),
        text: log(
            npm,
            "> ng build\nInitial chunk files | Names | Raw size\nApplication bundle generation complete. [6.1 seconds]\nOutput location: /opt/render/project/src/dist/shop",
            publish: "dist")),
    RecordedLog(
        name: "Remix", build: npm, publish: "public", signature: "ssr_as_static_site", action: .person,
        text: log(
            npm, "> remix vite:build\nvite v5.1.0 building SSR bundle for production...\n✓ built in 2s",
            publish: "public")),
]
