// SPDX-License-Identifier: Apache-2.0

import { api } from "../../core/app";
import {
    type Event,
    getStep,
    listEvents,
    listRuns,
    listSteps,
    listToolCalls,
    type RunRow,
    type Step,
    type ToolCall,
} from "../../gen/orchestrator";
import type { Page } from "../../core/pages";
import type { SpanSource } from "./reading";

/** The API as what spans are read from, until the signal fires. Payloads are read when somebody looks at them. */
export function spanSource(signal: AbortSignal): SpanSource {
    return {
        steps: (run, behind, limit): Promise<Page<Step>> =>
            api.call(listSteps, { path: { run_id: run }, query: { cursor: behind, limit, payloads: false } }, {
                signal,
            }),
        step: (id) => api.call(getStep, { path: { step_id: id } }, { signal }),
        calls: (run, cursor, limit): Promise<Page<ToolCall>> =>
            api.call(listToolCalls, { query: { run_id: run, cursor, limit, payloads: false } }, { signal }),
        callsOf: (step) =>
            api.call(listToolCalls, { query: { step_id: step, limit: 200, payloads: false } }, { signal }),
        children: (run, cursor): Promise<Page<RunRow>> =>
            api.call(listRuns, { query: { parent_run_id: run, cursor, limit: 200 } }, { signal }),
        events: (run, type, order, cursor): Promise<Page<Event>> =>
            api.call(
                listEvents,
                { query: { run_id: run, event_type: type, order, cursor, limit: 5 } },
                { signal },
            ),
    };
}
