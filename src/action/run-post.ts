import * as core from "@actions/core";
import { createHost } from "../host/create.ts";
import { messageOf } from "../host/errors.ts";
import { renderTeardown } from "../report/summary.ts";
import { recordTeardown } from "../report/write.ts";
import { tearDown } from "../teardown/down.ts";
import { createActionLogger } from "./logger.ts";
import { readTeardown } from "./state.ts";

/**
 * The action's post step: tears down, whatever became of the job. It never fails one: the job's work is done by now,
 * and a red cross for a leftover would hide what the job itself had to say. It warns instead.
 */
export async function runPost(): Promise<void> {
  try {
    const where = readTeardown();
    if (where === undefined) return core.info("nothing to tear down");
    const host = await createHost();
    const context = { host, log: createActionLogger(), signal: new AbortController().signal };
    const began = host.now();
    const { leaks, kept } = await tearDown(context, { stateDir: where.stateDir, keep: [where.reportDir] });
    const phase = {
      name: "teardown",
      startedAt: new Date(began).toISOString(),
      endedAt: new Date(host.now()).toISOString(),
    };
    await recordTeardown(host, where.reportDir, { leaks, kept }, phase);
    await core.summary.addRaw(renderTeardown({ leaks, kept }), true).write();
    for (const { kind, what } of leaks) core.warning(`left behind: ${kind} ${what}`, { title: "monstack" });
    if (leaks.length === 0) core.info("torn down, nothing left");
  } catch (error) {
    core.warning(`the teardown failed: ${messageOf(error)}`, { title: "monstack" });
  }
}
