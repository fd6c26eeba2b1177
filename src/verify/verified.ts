import type { CheckResult } from "../stack/types.ts";

/**
 * True when something that counts was proven and nothing that counts failed: a run in which all was skipped, or only a
 * warning's check passed, proves nothing.
 */
export function isVerified(results: readonly CheckResult[]): boolean {
  const passed = results.some(({ status, severity }) => status === "pass" && severity === "error");
  const broken = results.some(
    ({ status, severity }) => severity === "error" && (status === "fail" || status === "error"),
  );
  return passed && !broken;
}
