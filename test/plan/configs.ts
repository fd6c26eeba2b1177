import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Plan } from "../../src/model/plan.ts";
import { makePlan, type PlanInput } from "../../src/plan/make-plan.ts";

/** The configuration that a monstack.yaml with this text gives. */
export async function configOf(yaml: string, flags: Record<string, string> = {}): Promise<Config> {
  const readFile = async (path: string) => (path === "/work/monstack.yaml" ? yaml : undefined);
  return (await loadConfig({ cwd: "/work", env: { HOME: "/home/ann" }, flags, readFile })).config;
}

export async function planOf(
  yaml: string,
  input: Partial<PlanInput> = {},
  flags: Record<string, string> = {},
): Promise<Plan> {
  return makePlan(await configOf(yaml, flags), { valuesFiles: {}, cwd: "/work", ...input });
}

export function valuesOf(plan: Plan, app: string): Record<string, unknown> {
  return plan.apps.find(({ name }) => name === app)?.values ?? {};
}
