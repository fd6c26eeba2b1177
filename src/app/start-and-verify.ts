import type { Session } from "./session/session.ts";
import type { StackRecord } from "./session/stack-file.ts";
import { startStack, type UpInput } from "./up.ts";
import { verify } from "./verify/verify.ts";

export interface Started {
  readonly stack: StackRecord;
  /** True if the stack is verified; undefined if the job does not verify. */
  readonly verification: Promise<boolean> | undefined;
}

/**
 * Starts the stack. If the job verifies it (`verifies`), the verification begins while workloads still start. If the deployment
 * fails, the verification ends without a result: the deployment's error is what is reported.
 */
export async function startAndVerify(session: Session, input: UpInput, verifies: boolean): Promise<Started> {
  const { context } = session;
  const stop = new AbortController();
  const verifying: Session = {
    ...session,
    context: { ...context, signal: AbortSignal.any([context.signal, stop.signal]) },
  };
  let verification: Promise<boolean> | undefined;
  const onReachable: UpInput["onReachable"] = (record, readiness) => {
    verification = verify(verifying, record, readiness);
    // It is awaited when the deployment has ended.
    verification.catch(() => undefined);
  };
  try {
    const stack = await startStack(session, { ...input, ...(verifies && { onReachable }) });
    return { stack, verification };
  } catch (error) {
    stop.abort();
    await verification?.catch(() => undefined);
    throw error;
  }
}
