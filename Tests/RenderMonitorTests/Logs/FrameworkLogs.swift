// SPDX-License-Identifier: Apache-2.0

import RenderMonitor

/// One build of each framework, with a folder that it does not write.
let frameworkLogs: [RecordedLog] = [
    .site(
        "Create React App", publish: "dist", "publish_dir_missing", .fix([.publishPath: "build"]),
        "> react-scripts build\nCompiled successfully.\nThe build folder is ready to be deployed."),
    .site(
        "Next.js with an export", publish: ".next", "publish_dir_missing", .fix([.publishPath: "out"]),
        "> next build\n  ▲ Next.js 14.2.3\n ✓ Compiled successfully\n ✓ Generating static pages (5/5)\n ✓ Exporting (2/2)"
    ),
    .site(
        "Next.js that is a server", publish: "out", "ssr_as_static_site", .person,
        "> next build\n  ▲ Next.js 14.2.3\n ✓ Compiled successfully\n ✓ Generating static pages (5/5)\nƒ  (Dynamic)  server-rendered on demand"
    ),
    .site(
        "Nuxt that is generated", build: "npm ci && npm run generate", publish: "dist", "publish_dir_missing",
        .fix([.publishPath: ".output/public"]),
        "> nuxt generate\n[nitro] Prerendered 4 routes in 1.2 seconds\n✔ You can now deploy .output/public to any static hosting!"
    ),
    .site(
        "Nuxt that is a server", publish: "dist", "ssr_as_static_site", .person,
        "> nuxt build\n[nitro] Building Nitro Server (preset: node-server)"),
    .site(
        "SvelteKit with the static adapter", publish: "public", "publish_dir_missing", .fix([.publishPath: "build"]),
        "> vite build\n> Using @sveltejs/adapter-static\n  Wrote site to \"build\"\n  ✔ done"),
    .site(
        "SvelteKit with a server's adapter", publish: "build", "ssr_as_static_site", .person,
        "> vite build\n> Using @sveltejs/adapter-node\n  ✔ done"),
    .site(
        "Astro", publish: "build", "publish_dir_missing", .fix([.publishPath: "dist"]),
        "> astro build\n10:11:12 [build] output: \"static\"\n10:11:12 [build] directory: /opt/render/project/src/dist/\n10:11:14 [build] Complete!"
    ),
    .site(
        "Astro that is a server", publish: "dist", "ssr_as_static_site", .person,
        "> astro build\n10:11:12 [build] output: \"server\""),
    .site(
        "Astro in a root directory", root: "site", publish: "site/dist", "double_prefix", .fix([.publishPath: "dist"]),
        "> astro build\n10:11:12 [build] directory: /opt/render/project/src/site/dist/"),
    .site(
        "Gatsby", publish: "build", "publish_dir_missing", .fix([.publishPath: "public"]),
        "> gatsby build\nsuccess Building static HTML for pages\ninfo Done building in 20.1 sec"),
    .site(
        "Docusaurus", publish: "dist", "publish_dir_missing", .fix([.publishPath: "build"]),
        "> docusaurus build\n[SUCCESS] Generated static files in \"build\"."),
    .site(
        "Hugo", build: "hugo --minify", publish: "dist", "publish_dir_missing", .fix([.publishPath: "public"]),
        "Start building sites …\nhugo v0.139.0+extended linux/amd64\nTotal in 86 ms"),
    .site(
        "Jekyll", build: "bundle exec jekyll build", publish: "public", "publish_dir_missing",
        .fix([.publishPath: "_site"]),
        "Configuration file: /opt/render/project/src/_config.yml\n            Source: /opt/render/project/src\n       Destination: /opt/render/project/src/_site\n                    done in 0.3 seconds."
    ),
    .site(
        "Eleventy", build: "npx @11ty/eleventy", publish: "dist", "publish_dir_missing", .fix([.publishPath: "_site"]),
        "[11ty] Writing ./_site/index.html from ./index.md (liquid)\n[11ty] Writing ./_site/about/index.html from ./about.md (liquid)\n[11ty] Wrote 2 files in 0.12 seconds"
    ),
    .site(
        "Angular", publish: "dist", "publish_dir_missing", .fix([.publishPath: "dist/shop/browser"]),
        "> ng build\nInitial chunk files | Names | Raw size\nApplication bundle generation complete. [6.1 seconds]\nOutput location: /opt/render/project/src/dist/shop"
    ),
    .site(
        "Remix", publish: "public", "ssr_as_static_site", .person,
        "> remix vite:build\nvite v5.1.0 building SSR bundle for production...\n✓ built in 2s"),
]
