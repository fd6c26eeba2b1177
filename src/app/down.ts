import type { Results } from "../report/results-schema.ts";
import { tearDown } from "../teardown/down.ts";
import { knownOf } from "./known.ts";
import type { Session } from "./session/session.ts";

/** Undoes everything in the journal and proves that nothing is left. */
export async function down(session: Session): Promise<NonNullable<Results["teardown"]>> {
  const { context, loaded, recorder } = session;
  const { stateDir, reportDir, keep } = loaded.config;
  const { leaks, kept } = await recorder.phase("teardown", () =>
    tearDown(context, {
      stateDir,
      keep: [reportDir],
      keepData: keep.data,
      known: knownOf(loaded.config),
    }),
  );
  for (const { kind, what } of leaks) context.log.error(`left behind: ${kind} ${what}`);
  if (leaks.length === 0) context.log.info("torn down, nothing left");
  return { leaks, kept };
}
