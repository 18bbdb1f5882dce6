// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { type Inline, readInline, safeHref, SPANS } from "./inline";
import { type Block, readMarkdown } from "./markdown";

/** A tree in short: what is emphasized in *, strong in **, links as [words](address), code in `. */
function written(content: readonly Inline[]): string {
    return content.map((one): string => {
        switch (one.is) {
            case "text":
                return one.text;
            case "code":
                return "<code>" + one.text + "</code>";
            case "break":
                return "<br>";
            case "emphasis":
                return "<em>" + written(one.content) + "</em>";
            case "strong":
                return "<b>" + written(one.content) + "</b>";
            case "link":
                return "<a " + one.href + ">" + written(one.content) + "</a>";
        }
    }).join("");
}

function drawn(blocks: readonly Block[]): string {
    return blocks.map((one): string => {
        switch (one.is) {
            case "heading":
                return `h${one.level}(${written(one.content)})`;
            case "paragraph":
                return `p(${written(one.content)})`;
            case "code":
                return `pre[${one.language}](${one.text})`;
            case "quote":
                return `quote(${drawn(one.blocks)})`;
            case "list":
                return `list${one.start ?? ""}(${one.items.map((item) => `li(${drawn(item)})`).join("")})`;
            case "table":
                return `table[${one.align.join()}](${
                    [one.head, ...one.rows].map((row) => row.map(written).join("|")).join("/")
                })`;
            case "rule":
                return "rule";
        }
    }).join("");
}

const inline = (text: string): string => written(readInline(text));
const block = (text: string): string => drawn(readMarkdown(text));

test("emphasis is found as people mean it", () => {
    assert.equal(inline("*a* _b_ **c** __d__"), "<em>a</em> <em>b</em> <b>c</b> <b>d</b>");
    assert.equal(inline("***both***"), "<em><b>both</b></em>");
    assert.equal(inline("**a *b* c**"), "<b>a <em>b</em> c</b>");
    assert.equal(inline("*a **b** c*"), "<em>a <b>b</b> c</em>");
    assert.equal(inline("*a **b*"), "*a *<em>b</em>");
    assert.equal(inline("in*side*word but not in_side_word"), "in<em>side</em>word but not in_side_word");
    assert.equal(inline("2 * 3 * 4 and snake_case_name"), "2 * 3 * 4 and snake_case_name");
    assert.equal(inline("*open and **open"), "*open and **open");
    assert.equal(inline("*a _b* c_"), "<em>a _b</em> c_");
});

test("code is taken as it is", () => {
    assert.equal(inline("`*a*` and `` b`c `` and `open"), "<code>*a*</code> and <code>b`c</code> and `open");
    assert.equal(inline("*a `*` b*"), "<em>a <code>*</code> b</em>");
});

test("what stands behind a backslash is itself", () => {
    assert.equal(inline("\\*a\\* \\[b] \\\\ \\q"), "*a* [b] \\ \\q");
    assert.equal(inline("a\\\nb  \nc\nd"), "a<br>b  <br>c\nd");
});

test("links lead to the web or to mail, and nowhere else", () => {
    assert.equal(inline("[a *b*](https://x.y/z?q=1#f)"), "<a https://x.y/z?q=1#f>a <em>b</em></a>");
    assert.equal(inline('[a](http://x "title") [b](mailto:a@b.c)'), "<a http://x>a</a> <a mailto:a@b.c>b</a>");
    assert.equal(inline("[a](https://x/(b))."), "<a https://x/(b)>a</a>.");
    for (
        const bad of [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//x.y",
            "/path",
            "#part",
            "java\tscript:x",
            " javascript:x",
            "&#106;avascript:x",
            "blob:x",
            "",
        ]
    ) {
        assert.equal(safeHref(bad), null, bad);
        assert(!inline(`[a](${bad})`).includes("<a "), bad);
        assert(!inline(`<${bad}>`).includes("<a "), bad);
    }
    assert.equal(inline("<https://x.y> and <b>"), "<a https://x.y>https://x.y</a> and <b>");
    assert.equal(inline("see (https://x.y/a_(b)), then."), "see (<a https://x.y/a_(b)>https://x.y/a_(b)</a>), then.");
    assert.equal(inline("[a [b](http://x) c](http://y)"), "[a <a http://x>b</a> c](<a http://y>http://y</a>)");
    assert.equal(inline("*[a*](http://x)"), "*<a http://x>a*</a>");
    assert.equal(inline("![picture](http://x)"), "!<a http://x>picture</a>");
});

test("markup of HTML is text", () => {
    assert.equal(inline('<img src=x onerror="alert(1)">'), '<img src=x onerror="alert(1)">');
    assert.equal(block("<script>alert(1)</script>"), "p(<script>alert(1)</script>)");
});

test("blocks", () => {
    assert.equal(block("# a #\n## b\n####### c\n#d"), "h1(a)h2(b)p(####### c\n#d)");
    assert.equal(block("a\nb\n\nc"), "p(a\nb)p(c)");
    assert.equal(block("a\n***\n- - -\nb"), "p(a)rulerulep(b)");
    assert.equal(block("```ts\nlet a = `1`;\n\n# no\n```\nb"), "pre[ts](let a = `1`;\n\n# no)p(b)");
    assert.equal(block("~~~\n```\n~~~~"), "pre[](```)");
    assert.equal(block("```\nwithout end"), "pre[](without end)");
    assert.equal(block("``` a`b"), "p(``` a`b)");
    assert.equal(block("> a\n> b\nlazy\n>\n> > c\n\nd"), "quote(p(a\nb\nlazy)quote(p(c)))p(d)");
});

test("lists", () => {
    assert.equal(block("- a\n- b\n  - c\n  - d\n- e"), "list(li(p(a))li(p(b)list(li(p(c))li(p(d))))li(p(e)))");
    assert.equal(block("3. a\n4. b"), "list3(li(p(a))li(p(b)))");
    assert.equal(block("- a\n\n- b\n\nc"), "list(li(p(a))li(p(b)))p(c)");
    assert.equal(block("- a\n\n  more\n\n  ```\n  x\n    y\n  ```"), "list(li(p(a)p(more)pre[](x\n  y)))");
    assert.equal(block("- a\nlazy\n* b"), "list(li(p(a\nlazy)))list(li(p(b)))");
    assert.equal(block("since\n1990. it"), "p(since\n1990. it)");
    assert.equal(block("-\n- a"), "list(li()li(p(a)))");
    assert.equal(block("-no list"), "p(-no list)");
    assert.equal(block("- a\n\t- b"), "list(li(p(a)list(li(p(b)))))");
});

test("tables", () => {
    assert.equal(block("| a | b |\n|---|:-:|\n| 1 | *2* |\n| 3 |"), "table[start,center](a|b/1|<em>2</em>/3|)");
    assert.equal(block("a|b\n-|-:\nx\\|y|z|w\n\nend"), "table[start,end](a|b/x|y|z w)p(end)");
    assert.equal(block("a|b\n-|-|-"), "p(a|b\n-|-|-)");
    const wide = Array.from({ length: 13 }, () => "a").join("|");
    assert(block(wide + "\n" + wide.replace(/a/g, "-")).startsWith("p("));
    assert(block("a|b\n-|-\n" + "1|2\n".repeat(101)).startsWith("p("));
});

test("a message cannot colour a terminal or turn its direction round", () => {
    assert.equal(block("\u001b[31mred\u202e txt.exe"), "p(red txt.exe)");
});

/** Numbers that look random and are the same on each run. */
function numbers(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state * 1664525 + 1013904223) >>> 0;
        return state / 4294967296;
    };
}

const PARTS = [
    ..."*_`[]()<>!|#-+~\\\"'\n\n\t  ",
    ..."ab1é漢",
    "**",
    "```",
    "](",
    "](http://x",
    "https://",
    "javascript:",
    "mailto:",
    "> ",
    "- ",
    "1. ",
    "  ",
    "|-|",
    "\u202e",
    "\u001b[1m",
    "<script>",
    "\u{1f600}",
];

function depthOf(content: readonly Inline[]): number {
    return Math.max(0, ...content.map((one) => ("content" in one ? 1 + depthOf(one.content) : 0)));
}

function inlines(blocks: readonly Block[]): readonly Inline[] {
    return blocks.flatMap((one): readonly Inline[] => {
        if (one.is === "quote") return inlines(one.blocks);
        if (one.is === "list") return one.items.flatMap(inlines);
        if (one.is === "table") return [one.head, ...one.rows].flat(2);
        return one.is === "heading" || one.is === "paragraph" ? one.content : [];
    });
}

function blockDepth(blocks: readonly Block[]): number {
    return Math.max(
        0,
        ...blocks.map((one) => {
            if (one.is === "quote") return 1 + blockDepth(one.blocks);
            return one.is === "list" ? 1 + Math.max(0, ...one.items.map(blockDepth)) : 0;
        }),
    );
}

function links(content: readonly Inline[]): readonly string[] {
    return content.flatMap((one) => {
        if (!("content" in one)) return [];
        return one.is === "link" ? [one.href, ...links(one.content)] : links(one.content);
    });
}

/** The letters that can be seen, in their order. */
function letters(blocks: readonly Block[]): string {
    const of = (content: readonly Inline[]): string =>
        content.map((one) => ("content" in one ? of(one.content) : one.is === "break" ? "" : one.text)).join("");
    return blocks.map((one): string => {
        if (one.is === "code") return one.text;
        if (one.is === "quote") return letters(one.blocks);
        if (one.is === "list") return one.items.map(letters).join("");
        if (one.is === "table") return [one.head, ...one.rows].flat().map(of).join("");
        return one.is === "rule" ? "" : of(one.content);
    }).join("");
}

test("whatever is written, links are safe, the tree is shallow, and nothing is shown that was not there", () => {
    const random = numbers(20_260_101);
    for (let round = 0; round < 4000; round += 1) {
        const length = 1 + Math.floor(random() * 40);
        const text = Array.from({ length }, () => PARTS[Math.floor(random() * PARTS.length)] ?? "").join("");
        const blocks = readMarkdown(text);
        const content = inlines(blocks);
        for (const href of links(content)) assert(/^(https?:\/\/|mailto:)[^\s<>"]+$/i.test(href), JSON.stringify(text));
        assert(depthOf(content) <= SPANS, JSON.stringify(text));
        assert(blockDepth(blocks) <= 8, JSON.stringify(text));
        let at = 0;
        for (const letter of letters(blocks)) {
            if (/\s/.test(letter)) continue;
            const found = text.indexOf(letter, at);
            assert(found >= 0, "not in " + JSON.stringify(text) + ": " + JSON.stringify(blocks));
            at = found + letter.length;
        }
        // Letters of addresses and languages of code may be left out; others never are.
        const seen = (all: string): number => all.replace(/[^abé漢]/gu, "").length;
        const without = text.replace(/javascript:|mailto:|<script>/g, "");
        if (!/\]\(|```|~~~/.test(text)) assert(seen(letters(blocks)) >= seen(without), JSON.stringify(text));
    }
});

test("a hundred kilobytes of anything are read, and no deeper than is drawn", { timeout: 120_000 }, () => {
    const hostile = [
        "[",
        "*",
        "_",
        "`",
        "]",
        "(",
        "<",
        ">",
        "> ",
        "- ",
        "1. ",
        "|",
        "a|b\n-|-\n",
        "\\",
        "#",
        "~",
        "```\n",
        "[](",
        "[a](b",
        "[](http://",
        "](",
        "![",
        "*a ",
        "a* ",
        "*a_",
        "**a*",
        "*_",
        "`a``",
        "https://",
        "https://x)",
        "<https://",
        "<http://a ",
        "mailto:",
        "[a](http://x) ",
        "- a\n",
        "  - a\n",
        "> - ",
        "\n",
        " ",
        "\t",
        " \n",
        "a\n",
        "a \n> ",
        "\u001b[",
        "\u202e",
    ];
    for (const part of hostile) {
        const text = part.repeat(Math.ceil(100_000 / part.length));
        // With quadratic time this would not end within the tests' patience.
        const blocks = readMarkdown(text);
        assert(depthOf(inlines(blocks)) <= SPANS && blockDepth(blocks) <= 8, JSON.stringify(part));
    }
    const mixed = "*".repeat(50_000) + "a" + "*".repeat(50_000);
    assert(depthOf(readInline(mixed)) <= SPANS);
    const runs = Array.from({ length: 440 }, (_, index) => "`".repeat(index + 1)).join("a");
    readInline(runs);
});
