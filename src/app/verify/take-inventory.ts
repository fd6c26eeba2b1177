import { describeError } from "../../lib/errors.ts";
import { readInventory } from "../../stack/inventory.ts";
import { createPrometheusClient } from "../../stack/prometheus.ts";
import type { Session } from "../session/session.ts";
import type { StackRecord } from "../session/stack-file.ts";
import { connectToStack } from "./verify.ts";

/** Milliseconds for all requests together. The verdict is known, so nobody waits longer for the report. */
const limitMs = 1_000;

/**
 * Stores in the draft what Prometheus holds, for the comparison with other runs. A request that fails leaves a gap,
 * which the inventory names; any other failure is only logged.
 */
export async function tryInventory(session: Session, record: StackRecord): Promise<void> {
  const { context, draft } = session;
  const { signal, host, log } = context;
  if (record.services.prometheus === undefined || signal.aborted) return;
  try {
    const limited = { ...context, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
    const stack = await connectToStack({ ...session, context: limited }, record);
    if (stack.prometheus === undefined) return;
    const inventory = await readInventory(createPrometheusClient(stack.context, stack.prometheus));
    draft.inventory = { takenAt: new Date(host.now()).toISOString(), ...inventory };
  } catch (error) {
    log.debug(`what Prometheus holds was not read: ${describeError(error)}`);
  }
}
