# SPDX-License-Identifier: Apache-2.0
"""A worker: TUTTI_URL=http://127.0.0.1:8080 TUTTI_PASSWORD=… python summarise.py"""

import tutti

worker = tutti.Worker(tutti.Client(), concurrency=8)
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}

@worker.agent("summarise", input_schema=TEXT)
async def summarise(run: tutti.RunContext) -> tutti.JSON:
    """Shortens a text to its longest sentences."""
    sentences = await run.step("split", lambda: [part.strip() for part in run.input["text"].split(".") if part.strip()])
    async with run.step_scope("choose") as step:
        if not step.done:
            step.output = ". ".join(sorted(sentences, key=len, reverse=True)[:3]) + "."
            await step.artifact_text("summary.txt", step.output)
    return {"summary": step.output, "sentences": len(sentences)}

if __name__ == "__main__":
    worker.run()
