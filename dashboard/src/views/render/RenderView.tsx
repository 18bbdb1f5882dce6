// SPDX-License-Identifier: Apache-2.0

import { type KeyboardEvent, useState } from "react";
import { useKeys } from "../../ui/hooks";
import { Page } from "../../ui/Page";
import type { ViewProps } from "../view";
import { Applies } from "./Applies";
import { BlueprintPane, type Draft, NO_DRAFT } from "./BlueprintPane";
import { Drift } from "./Drift";
import { Monitor } from "./Monitor";
import { type Pane, PANES, type renderPlace } from "./route";
import { Services } from "./Services";

type Props = ViewProps<typeof renderPlace>;

const WORDS: Readonly<Record<Pane, string>> = {
    services: "Services",
    monitor: "Monitor",
    blueprint: "Blueprint",
    drift: "Drift",
    applies: "Applies",
};

/** What runs on Render, what is wrong with it, and what a blueprint would change. */
export default function RenderView({ query, set }: Props) {
    // What was pasted outlives a look at another pane, and nothing else: it may hold what nobody else is to see.
    const [draft, setDraft] = useState<Draft>(NO_DRAFT);
    const turnTo = (pane: Pane): void => {
        set({ show: pane });
        document.getElementById("render-" + pane)?.focus();
    };
    const turn = (event: KeyboardEvent): void => {
        const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        const next = PANES[(PANES.indexOf(query.show) + step + PANES.length) % PANES.length];
        if (next !== undefined) turnTo(next);
    };
    useKeys(PANES.map((pane, index) => ({
        keys: String(index + 1),
        label: "Show " + WORDS[pane].toLowerCase(),
        group: "Render",
        run: () => set({ show: pane }),
    })));
    return (
        <Page title="Render" windowTitle={WORDS[query.show] + " · Render"}>
            <div className="tabs" role="tablist" aria-label="What is shown of Render" onKeyDown={turn}>
                {PANES.map((pane) => (
                    <button
                        key={pane}
                        id={"render-" + pane}
                        type="button"
                        role="tab"
                        aria-selected={pane === query.show}
                        aria-controls="render-pane"
                        tabIndex={pane === query.show ? 0 : -1}
                        onClick={() => set({ show: pane })}
                    >
                        {WORDS[pane]}
                    </button>
                ))}
            </div>
            <div id="render-pane" role="tabpanel" aria-labelledby={"render-" + query.show} className="render-pane">
                {query.show === "services" && <Services query={query} set={set} />}
                {query.show === "monitor" && <Monitor query={query} set={set} />}
                {query.show === "blueprint" && (
                    <BlueprintPane
                        query={query}
                        set={set}
                        draft={draft}
                        change={setDraft}
                    />
                )}
                {query.show === "drift" && <Drift query={query} set={set} />}
                {query.show === "applies" && <Applies query={query} set={set} />}
            </div>
        </Page>
    );
}
