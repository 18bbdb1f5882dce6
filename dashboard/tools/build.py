# SPDX-License-Identifier: Apache-2.0
"""Builds the dashboard from Debian's packages: `build.py build`, `build.py test`, `build.py types`.

What React and esbuild need is copied into node_modules first: with links, the names of chunks would depend on where
this folder lies, and the same sources would not give the same bytes everywhere.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
OUT = HOME / "dist"
STAGED = HOME / "node_modules"
# Where Debian puts packages for node; elsewhere for who may not install them (render-build.sh).
DEBIAN = Path(os.environ.get("DASHBOARD_PACKAGES", "/usr/share/nodejs"))
PACKAGES = ("react", "react-dom", "scheduler", "loose-envify", "js-tokens", "object-assign", "csstype", "prop-types",
            "@types/react", "@types/react-dom", "@types/scheduler", "@types/prop-types")
# Where orchestrator-svc serves this: paths of the API and of views never meet.
BASE = "/app"
LIMIT = 80 * 1024
# What a folder may not import, and why.
FLOORS = {
    "core knows neither the interface nor views": ("core/", "ui|views"),
    "the interface knows no views": ("ui/", "views"),
}
STATIC = re.compile(r"\.(js|css|html|svg|map)$")


def run(*command, **options):
    finished = subprocess.run(command, cwd=HOME, check=False, **options)
    if finished.returncode != 0:
        sys.exit(finished.returncode)


def stage():
    """Copies what is used of Debian's packages, when it is not the copy that is there."""
    there = [name for name in PACKAGES if (DEBIAN / name).exists()]
    stamp = "\n".join(f"{name} {(DEBIAN / name).resolve().stat().st_mtime_ns}" for name in there)
    mark = STAGED / ".staged"
    if mark.exists() and mark.read_text() == stamp:
        return
    shutil.rmtree(STAGED, ignore_errors=True)
    for name in PACKAGES:
        source = DEBIAN / name
        if source.is_dir():
            shutil.copytree(source, STAGED / name, ignore=shutil.ignore_patterns("node_modules", "umd"))
        elif source.exists():
            (STAGED / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, STAGED / name)
    mark.write_text(stamp)


def check_types():
    run("tsc", "-p", ".")
    check_rules()


def check_rules():
    """What types cannot say: nothing inline, no markup from text, arrows between folders in one direction."""
    wrong = []
    for file in sorted((HOME / "src").rglob("*.ts*")):
        name = str(file.relative_to(HOME / "src"))
        text = file.read_text()
        if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
            wrong.append(f"{name}: the first line is the licence")
        if re.search(r"innerHTML|insertAdjacentHTML|document\.write", text):
            wrong.append(f"{name}: markup is made by React alone")
        if " style={" in text and name not in ("ui/VirtualList.tsx", "ui/MeasuredList.tsx"):
            wrong.append(f"{name}: looks belong into a style sheet")
        for floor, (own, others) in FLOORS.items():
            if name.startswith(own) and re.search(rf'from "(\.\./)+({others})', text):
                wrong.append(f"{name}: {floor}")
    taken = {}
    for file in sorted((HOME / "src" / "views").rglob("route.ts")):
        for shortcut in re.findall(r'keys: "(g .)"', file.read_text()):
            if shortcut in taken:
                wrong.append(f"{file.parent.name}: {taken[shortcut]} has the shortcut {shortcut} already")
            taken[shortcut] = file.parent.name
    if wrong:
        sys.exit("\n".join(wrong))


def bundle():
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "a").mkdir(parents=True)
    meta = HOME / "node_modules" / ".meta.json"
    run("esbuild", "src/main.tsx", "--bundle", "--splitting", "--format=esm", "--minify", "--sourcemap",
        "--jsx=automatic", "--target=es2022", "--legal-comments=none", '--define:process.env.NODE_ENV="production"',
        f'--define:APP_BASE="{BASE}"', "--entry-names=a/[name]-[hash]", "--chunk-names=a/[name]-[hash]",
        "--outdir=dist", f"--metafile={meta}", "--log-level=warning")
    return json.loads(meta.read_text())["outputs"]


def hashed(name, suffix, content):
    """A name that changes with the content, as esbuild gives its own: such files may be kept for ever."""
    return f"a/{name}-{hashlib.sha256(content).hexdigest()[:8].upper()}.{suffix}"


def style():
    """All style sheets as one: those of the interface, then those beside the views, in the order of their names."""
    parts = sorted((HOME / "css").glob("*.css")) + sorted((HOME / "src").rglob("*.css"))
    text = "\n".join(f'@import "./{part.relative_to(HOME)}";' for part in parts)
    command = ("esbuild", "--bundle", "--minify", "--loader=css", "--target=chrome111,firefox113,safari16.4",
               "--log-level=warning")
    finished = subprocess.run(command, cwd=HOME, input=text, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        sys.exit(finished.stderr)
    name = hashed("style", "css", finished.stdout.encode())
    (OUT / name).write_text(finished.stdout)
    return name


def page(outputs, sheet):
    entry = next(name for name, one in outputs.items() if one.get("entryPoint") == "src/main.tsx")
    first = initial(outputs, entry)
    preload = "\n        ".join(f'<link rel="modulepreload" href="{BASE}/{name.removeprefix("dist/")}">'
                                for name in first if name != entry)
    text = (HOME / "index.html").read_text()
    icon = (HOME / "icon.svg").read_bytes()
    picture = hashed("icon", "svg", icon)
    (OUT / picture).write_bytes(icon)
    script = entry.removeprefix("dist/")
    values = {"base": BASE, "icon": picture, "style": sheet, "script": script, "preload": preload}
    for word, value in values.items():
        text = text.replace("{" + word + "}", value)
    (OUT / "index.html").write_text("\n".join(line for line in text.splitlines() if line.strip()) + "\n")
    return first


def initial(outputs, entry):
    """The scripts that are loaded before anything is shown: the entry and what it imports at once."""
    found, waiting = [], [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [one["path"] for one in outputs[name]["imports"] if one["kind"] == "import-statement"]
    return sorted(found)


def compress():
    for file in sorted(OUT.rglob("*")):
        if file.is_file() and STATIC.search(file.name):
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def zipped(name):
    return (HOME / (name + ".gz")).stat().st_size


def report(outputs, first, sheet):
    """Prints what a visitor loads, and fails above the limit."""
    scripts = sorted((name for name in outputs if name.endswith(".js")), key=lambda name: (name not in first, name))
    print(f"{'file':44}{'bytes':>9}{'gzipped':>9}")
    for name in scripts + ["dist/" + sheet]:
        print(f"{name.removeprefix('dist/'):44}{(HOME / name).stat().st_size:9}{zipped(name):9}"
              f"{'  at once' if name in first or name.endswith('.css') else ''}")
    total = sum(zipped(name) for name in first)
    print(f"JavaScript before the first view: {total / 1024:.1f} KB gzipped, of {LIMIT // 1024} KB allowed")
    if total > LIMIT:
        sys.exit("error: the first scripts are too large; load what is not needed at once lazily")


def build():
    outputs = bundle()
    sheet = style()
    first = page(outputs, sheet)
    compress()
    report(outputs, first, sheet)


def test(wanted):
    """Bundles the tests beside the sources for node and runs them."""
    out = HOME / "node_modules" / ".tests"
    shutil.rmtree(out, ignore_errors=True)
    files = sorted(str(file.relative_to(HOME)) for file in (HOME / "src").rglob("*.test.ts*"))
    files = [file for file in files if not wanted or any(word in file for word in wanted)]
    if not files:
        sys.exit("error: no test has such a name")
    run("esbuild", *files, "--bundle", "--platform=node", "--format=esm", "--out-extension:.js=.mjs", f"--outdir={out}",
        "--outbase=src", "--sourcemap=inline", "--jsx=automatic", '--define:process.env.NODE_ENV="test"',
        f'--define:APP_BASE="{BASE}"', "--log-level=warning")
    run("node", "--test", "--enable-source-maps", *sorted(str(file) for file in out.rglob("*.mjs")))


def main():
    words = sys.argv[1:]
    if not words or words[0] not in ("build", "test", "types"):
        sys.exit("usage: build.py build | test [NAME…] | types")
    stage()
    if words[0] == "test":
        test(words[1:])
    elif words[0] == "types":
        check_types()
    else:
        check_types()
        build()


if __name__ == "__main__":
    main()
