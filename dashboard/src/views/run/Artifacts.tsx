// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { api } from "../../core/app";
import type { Json } from "../../core/operation";
import { type Artifact, getArtifactContent, listArtifacts } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Icon } from "../../ui/Icon";
import { JsonView } from "../../ui/JsonView";
import { Markdown } from "../../ui/Markdown";
import { usePages } from "../../ui/pages";
import { Action, Empty, Failed, Id, Loading, Time } from "../../ui/parts";
import { Head, saveAs } from "./Payload";
import { bytes, HEAD, lookOf } from "./looks";

/** More than this is not turned into a picture on the page. */
const LARGEST_IMAGE = 4 * 1024 * 1024;

/** What a run or one of its steps has made. */
export function Artifacts(props: { readonly run: string; readonly step: string | null; readonly status: string }) {
    const of = props.step === null ? { run_id: props.run } : { step_id: props.step };
    const list = usePages<Artifact>(
        `artifacts ${props.step ?? props.run} ${props.status}`,
        (one) => one.artifact_id,
        (cursor, signal) => api.call(listArtifacts, { query: { ...of, limit: 50, cursor } }, { signal }),
    );
    if (list.status === "loading") return <Loading what="the artifacts" />;
    if (list.status === "failed") return <Failed error={list.error} what="the artifacts" retry={list.retry} />;
    if (list.rows.length === 0) return <Empty title="No artifacts" />;
    return (
        <ul className="artifacts">
            {list.rows.map((one) => (
                <li key={one.artifact_id}>
                    <Entry artifact={one} isOpen={list.rows.length <= 6} />
                </li>
            ))}
            {list.hasMore && (
                <li>
                    <button type="button" onClick={list.more} disabled={list.isReading}>
                        Read more artifacts
                    </button>
                </li>
            )}
        </ul>
    );
}

function Entry({ artifact, isOpen }: { readonly artifact: Artifact; readonly isOpen: boolean }) {
    const look = artifact.kind === "uri" ? "nothing" : lookOf(artifact.media_type, artifact.name);
    const size = artifact.size ?? 0;
    const isSmall = size <= (look === "image" ? LARGEST_IMAGE : HEAD);
    const [isShown, setShown] = useState(isOpen && isSmall && look !== "nothing");
    const download = async (): Promise<void> => {
        const path = { artifact_id: artifact.artifact_id };
        saveAs(await api.call(getArtifactContent, { path }, { timeout: 300_000 }), artifact.name);
    };
    return (
        <article className="artifact" aria-label={artifact.name}>
            <header>
                <b>{artifact.name}</b>
                <span className="faint">
                    {artifact.media_type ?? artifact.kind}
                    {artifact.size !== null && " · " + bytes(artifact.size)} · <Time at={artifact.created_at} />
                </span>
                <span className="actions">
                    {look !== "nothing" && (look !== "image" || isSmall) && (
                        <button
                            type="button"
                            aria-pressed={isShown}
                            onClick={() => setShown(!isShown)}
                        >
                            {isShown ? "Hide" : "Show"}
                        </button>
                    )}
                    {artifact.kind !== "uri" && <Action label="Download" run={download} />}
                </span>
            </header>
            {artifact.uri !== null && <Elsewhere uri={artifact.uri} />}
            {isShown && <Content artifact={artifact} download={() => void download()} />}
            <details>
                <summary className="faint">Particulars</summary>
                <p>
                    <Id id={artifact.artifact_id} />
                </p>
                {artifact.sha256 !== null && (
                    <p>
                        SHA-256 <Id id={artifact.sha256} />
                    </p>
                )}
            </details>
        </article>
    );
}

function Elsewhere({ uri }: { readonly uri: string }) {
    return (
        <p className="artifact-uri">
            {/^https?:\/\//i.test(uri)
                ? (
                    <a href={uri} target="_blank" rel="noopener noreferrer">
                        <Icon name="link" /> {uri}
                    </a>
                )
                : <code>{uri}</code>}
        </p>
    );
}

type Content =
    | { readonly is: "image"; readonly address: string }
    | { readonly is: "json"; readonly value: Json }
    | { readonly is: "markdown" | "text"; readonly text: string };

/**
 * The bytes as a person can read them. A picture becomes a `data:` address, which the policy allows, because an `<img>` sends
 * neither the workspace nor credentials that are not cookies, and `blob:` addresses are not allowed.
 */
function Content({ artifact, download }: { readonly artifact: Artifact; readonly download: () => void }) {
    const found = useQuery<Content>({
        key: "content:" + artifact.artifact_id,
        tags: [],
        freshFor: Infinity,
        async fetch(signal) {
            const path = { artifact_id: artifact.artifact_id };
            const blob = await api.call(getArtifactContent, { path }, { signal });
            const look = lookOf(artifact.media_type, artifact.name);
            if (look === "image") return { is: "image", address: await dataAddress(blob, artifact.media_type ?? "") };
            const text = await blob.slice(0, 4 * HEAD + 4).text();
            if (blob.size > HEAD) return { is: "text", text };
            if (look !== "json") return { is: look === "markdown" ? "markdown" : "text", text };
            try {
                return { is: "json", value: JSON.parse(text) as Json };
            } catch {
                return { is: "text", text };
            }
        },
    });
    if (found.data === undefined) {
        return found.status === "failed"
            ? <Failed error={found.error} what={artifact.name} retry={found.refresh} />
            : <Loading what={artifact.name} />;
    }
    switch (found.data.is) {
        case "image":
            return <img className="artifact-image" src={found.data.address} alt={artifact.name} />;
        case "json":
            return <JsonView value={found.data.value} label={artifact.name} />;
        case "markdown":
            return <Markdown text={found.data.text} />;
        case "text":
            return <Head text={found.data.text} size={artifact.size ?? 0} label={artifact.name} download={download} />;
    }
}

function dataAddress(content: Blob, type: string): Promise<string> {
    return new Promise((done, fail) => {
        const reader = new FileReader();
        reader.onload = () => done(String(reader.result));
        reader.onerror = () => fail(new Error("The picture cannot be read."));
        reader.readAsDataURL(new Blob([content], { type: type.split(";", 1)[0] ?? "" }));
    });
}
