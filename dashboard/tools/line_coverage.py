# SPDX-License-Identifier: Apache-2.0
"""Which lines of the sources ran, in unit tests and in browsers together: `line_coverage.py UNIT_FOLDER BROWSER_FILE`.

Both are told by V8 in terms of the scripts that ran. Source maps lead from there to the lines that people wrote. A line
counts when something of it is in what is built; it ran when any of that did.
"""

import base64
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
SRC = HOME / "src"
DIGITS = {letter: value for value, letter in enumerate(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
INLINE = re.compile(r"^//# sourceMappingURL=data:application/json;base64,(\S+)", re.MULTILINE)
# Together the tests must reach this much.
GOAL = 80


def paint(functions, length):
    """Marks the characters that ran. Inner ranges are told after those around them, and know better."""
    marks = bytearray(length)
    spans = [(one["startOffset"], min(one["endOffset"], length), one["count"]) for each in functions
             for one in each["ranges"]]
    for start, end, count in sorted(spans, key=lambda span: (span[0], -span[1])):
        marks[start:end] = (b"\1" if count else b"\0") * (end - start)
    return marks


def merged(one, other):
    """What ran in either."""
    size = len(one)
    return bytearray((int.from_bytes(one, "big") | int.from_bytes(other, "big")).to_bytes(size, "big"))


def segments(mappings):
    """The line and column of each segment in the script, with the number of its source and the line there."""
    source = line = 0
    for row, text in enumerate(mappings.split(";")):
        column = 0
        for part in filter(None, text.split(",")):
            values, value, shift = [], 0, 0
            for letter in part:
                digit = DIGITS[letter]
                value |= (digit & 31) << shift
                shift += 5
                if not digit & 32:
                    values.append(-(value >> 1) if value & 1 else value >> 1)
                    value = shift = 0
            column += values[0]
            if len(values) >= 4:
                source += values[1]
                line += values[2]
                yield row, column, source, line


class Lines:
    """The lines of each source: whether they ran."""

    def __init__(self):
        self.ran = defaultdict(dict)

    def add(self, script, text, source_map, marks):
        """Takes over what ran of a script; without marks nothing did."""
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        sources = [self.name_of(script, one) for one in source_map["sources"]]
        found = [(starts[row] + column, source, line) for row, column, source, line in segments(source_map["mappings"])]
        for index, (offset, source, line) in enumerate(found):
            name = sources[source]
            if name is None:
                continue
            end = found[index + 1][0] if index + 1 < len(found) else len(text)
            ran = marks is not None and any(marks[offset:end])
            lines = self.ran[name]
            lines[line] = lines.get(line, False) or ran

    @staticmethod
    def name_of(script, source):
        """The source as it is called below src; None for what is not ours, made by a program, or itself a test."""
        place = (script.parent / source).resolve()
        if SRC not in place.parents or ".test." in place.name or SRC / "gen" in place.parents:
            return None
        return str(place.relative_to(SRC))


def read_built(lines, covered):
    """All of what is built, so that a source that no test has ever loaded counts, too."""
    for script in sorted((HOME / "dist" / "a").glob("*.js")):
        source_map = json.loads(script.with_name(script.name + ".map").read_text())
        text = script.read_text()
        spans = covered.get(script.name)
        marks = None
        if spans is not None:
            marks = bytearray(len(text))
            for start, end in spans:
                marks[start:end] = b"\1" * (end - start)
        lines.add(script, text, source_map, marks)


def read_unit(lines, folder):
    """Only what is built counts: a test may reach what nothing ships."""
    shipped = {name: set(ran) for name, ran in lines.ran.items()}
    found = Lines()
    for file in sorted(folder.glob("coverage-*.json")):
        for one in json.loads(file.read_text())["result"]:
            script = Path(one["url"].removeprefix("file://"))
            if ".tests" not in script.parts or not script.exists():
                continue
            text = script.read_text()
            source_map = json.loads(base64.b64decode(INLINE.search(text)[1]))
            found.add(script, text, source_map, paint(one["functions"], len(text)))
    for name, ran in found.ran.items():
        for line, has_run in ran.items():
            if has_run and line in shipped.get(name, ()):
                lines.ran[name][line] = True


def report(lines):
    folders = defaultdict(lambda: [0, 0])
    files = []
    for name, ran in lines.ran.items():
        some = sum(ran.values())
        files.append((some / len(ran), name, some, len(ran)))
        parts = name.split("/")
        folder = "/".join(parts[:2]) if parts[0] == "views" and len(parts) > 2 else parts[0]
        folders[folder][0] += some
        folders[folder][1] += len(ran)
    print("Lines that ran in unit tests or in a browser")
    for folder, (some, all_of_them) in sorted(folders.items()):
        print(f"  {folder:28}{some:6} of {all_of_them:5}{100 * some / all_of_them:7.1f} %")
    for share, name, some, all_of_them in sorted(files)[:5]:
        print(f"  least: {name}, {100 * share:.1f} %, {all_of_them - some} lines did not run")
    some = sum(one[0] for one in folders.values())
    all_of_them = sum(one[1] for one in folders.values())
    share = 100 * some / all_of_them
    print(f"Line coverage of unit and browser tests together: {share:.1f} % ({some} of {all_of_them} lines)")
    if share < GOAL:
        sys.exit(f"error: the tests reach less than {GOAL} % of the lines")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: line_coverage.py UNIT_FOLDER BROWSER_FILE")
    lines = Lines()
    read_built(lines, json.loads(Path(sys.argv[2]).read_text()))
    read_unit(lines, Path(sys.argv[1]))
    report(lines)


if __name__ == "__main__":
    main()
