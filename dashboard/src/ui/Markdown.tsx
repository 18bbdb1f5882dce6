// SPDX-License-Identifier: Apache-2.0

import { memo, type ReactNode, useMemo, useState } from "react";
import { type Align, type Block, type Inline, readMarkdown } from "../core/markdown";

/** More than this is shown only when somebody asks for it. */
const HEAD = 6000;

/**
 * What somebody wrote in Markdown, as elements of React: there is no way from a text to markup. Links leave the page in a
 * window of their own.
 */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
    const [isWhole, setWhole] = useState(false);
    const isLong = text.length > HEAD * 1.5 && !isWhole;
    const blocks = useMemo(() => readMarkdown(isLong ? text.slice(0, HEAD) : text), [text, isLong]);
    return (
        <div className="markdown">
            {blocks.map((one, index) => <Piece key={index} block={one} />)}
            {isLong && (
                <button type="button" className="quiet" onClick={() => setWhole(true)}>
                    Show all {Math.round(text.length / 1000)} 000 characters
                </button>
            )}
        </div>
    );
});

// Headings of a message are below those of the page.
const HEADINGS = ["h3", "h4", "h5", "h6", "h6", "h6"] as const;

function Piece({ block }: { readonly block: Block }): JSX.Element {
    switch (block.is) {
        case "heading": {
            const Heading = HEADINGS[block.level - 1] ?? "h6";
            return <Heading>{spans(block.content)}</Heading>;
        }
        case "paragraph":
            return <p>{spans(block.content)}</p>;
        case "code":
            return (
                <pre tabIndex={0} aria-label={block.language === "" ? "Code" : "Code, " + block.language} role="region">
                    <code>{block.text}</code>
                </pre>
            );
        case "quote":
            return <blockquote>{block.blocks.map((one, index) => <Piece key={index} block={one} />)}</blockquote>;
        case "list": {
            const items = block.items.map((item, index) => (
                <li key={index}>{item.map((one, place) => <Piece key={place} block={one} />)}</li>
            ));
            return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
        }
        case "table":
            return <Table head={block.head} rows={block.rows} align={block.align} />;
        case "rule":
            return <hr />;
    }
}

function Table(
    props: {
        readonly head: readonly (readonly Inline[])[];
        readonly rows: readonly (readonly (readonly Inline[])[])[];
        readonly align: readonly Align[];
    },
) {
    const side = (column: number): string => "cell-" + (props.align[column] ?? "start");
    return (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Table">
            <table>
                <thead>
                    <tr>
                        {props.head.map((cell, column) => (
                            <th key={column} scope="col" className={side(column)}>
                                {spans(cell)}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {props.rows.map((row, index) => (
                        <tr key={index}>
                            {row.map((cell, column) => (
                                <td key={column} className={side(column)}>
                                    {spans(cell)}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function spans(content: readonly Inline[]): ReactNode {
    return content.map((one, index) => {
        switch (one.is) {
            case "text":
                return one.text;
            case "code":
                return <code key={index}>{one.text}</code>;
            case "break":
                return <br key={index} />;
            case "emphasis":
                return <em key={index}>{spans(one.content)}</em>;
            case "strong":
                return <strong key={index}>{spans(one.content)}</strong>;
            case "link":
                return (
                    <a key={index} href={one.href} title={one.href} target="_blank" rel="noopener noreferrer">
                        {spans(one.content)}
                    </a>
                );
        }
    });
}
