// SPDX-License-Identifier: Apache-2.0

import { api, cache, router, say } from "../../core/app";
import { href } from "../../core/router";
import { createSchedule, listAgents } from "../../gen/orchestrator";
import { useQuery } from "../../ui/hooks";
import { Page } from "../../ui/Page";
import { Failed, Loading } from "../../ui/parts";
import { creation, emptyDraft, type ScheduleDraft } from "../schedule/form";
import { schedulePlace } from "../schedule/route";
import { inputOf, ScheduleForm } from "../schedule/ScheduleForm";
import type { ViewProps } from "../view";
import type { newSchedulePlace } from "./route";

export default function NewScheduleView({ query, set }: ViewProps<typeof newSchedulePlace>) {
    const agents = useQuery({
        key: "agents",
        tags: ["agents"],
        freshFor: 60_000,
        fetch: (signal) => api.call(listAgents, {}, { signal }),
    });
    const send = async (draft: ScheduleDraft): Promise<void> => {
        const made = await api.call(createSchedule, { body: creation(draft) });
        cache.invalidate(["schedules"]);
        say("The schedule is made.", "good");
        router.go(href(schedulePlace, { schedule: made.schedule_id }));
    };
    const first = agents.data?.items[0];
    return (
        <Page title="New schedule">
            {agents.data === undefined && agents.status !== "failed" && <Loading what="the agents" />}
            {agents.data === undefined && agents.status === "failed" && (
                <Failed error={agents.error} what="the agents" retry={agents.refresh} />
            )}
            {agents.data !== undefined && (
                <ScheduleForm
                    agents={agents.data.items}
                    first={emptyDraft(
                        first?.name ?? "",
                        inputOf(first),
                        Intl.DateTimeFormat().resolvedOptions().timeZone,
                    )}
                    exists={false}
                    tab={query.tab}
                    choose={(tab) => set({ tab })}
                    action="Make the schedule"
                    send={send}
                    cancel={() => router.go("/schedules")}
                />
            )}
        </Page>
    );
}
