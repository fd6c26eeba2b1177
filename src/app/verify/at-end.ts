import type { AtEnd, Phase } from "../../report/results-schema.ts";
import { explain } from "../explain.ts";
import type { Session } from "../session/session.ts";
import { hasStack, loadStack } from "../session/stack-file.ts";
import { verify } from "./verify.ts";

export interface AtEndOutcome {
  readonly atEnd: AtEnd;
  readonly phases: readonly Phase[];
}

/**
 * Checks a stack once more, just before it is torn down: all that was checked before, and that nothing restarted, went
 * down or fired meanwhile. Undefined when no stack is up.
 */
export async function verifyAtEnd(session: Session): Promise<AtEndOutcome | undefined> {
  const { context, loaded, draft, recorder } = session;
  const { stateDir } = loaded.config;
  if (!(await hasStack(context.host, stateDir))) {
    context.log.info("no stack is up, so there is nothing to check at the end");
    return undefined;
  }
  const stack = await loadStack(context.host, stateDir);
  for (const secret of [stack.grafana.password, ...(stack.plan.secrets ?? [])]) context.log.mask(secret);
  const verified = await verify(session, stack);
  if (!verified) await explain(session, { stack, error: undefined });
  const atEnd = { verified, checks: draft.checks, causes: draft.causes };
  draft.atEnd = atEnd;
  // They stand there, and not a second time as those of the run itself.
  draft.checks = [];
  draft.causes = [];
  return { atEnd, phases: recorder.phases };
}
