// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import test from "node:test";
import { forEach } from "./pool";

test("all are tried, a few at a time, and failures are counted by what they say", async () => {
    let atOnce = 0;
    let most = 0;
    const tally = await forEach(
        [1, 2, 3, 4, 5, 6, 7],
        async (number) => {
            atOnce += 1;
            most = Math.max(most, atOnce);
            await new Promise<void>((done) => setTimeout(done, 1));
            atOnce -= 1;
            if (number % 3 === 0) throw new Error("no threes");
        },
        (error) => (error as Error).message,
        2,
    );
    assert.equal(tally.done, 5);
    assert.deepEqual([...tally.failed], [["no threes", 2]]);
    assert.equal(most, 2);
});
