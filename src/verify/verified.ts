import type { CheckResult } from "./types.ts";

/** True when something was proven and nothing that counts failed: a run in which all was skipped proves nothing. */
export function isVerified(results: readonly CheckResult[]): boolean {
  const passed = results.some(({ status }) => status === "pass");
  const broken = results.some(
    ({ status, severity }) => severity === "error" && (status === "fail" || status === "error"),
  );
  return passed && !broken;
}
