import { judgeOwnConfig } from "../../../src/app/validate/alertmanager.ts";
import { judgeRules } from "../../../src/app/validate/rules.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { PodGateway } from "../../../src/plan/capture.ts";
import { makePlan } from "../../../src/plan/make-plan.ts";
import { expressions, judge } from "../../support/expressions.ts";

const gateway: PodGateway = { address: "10.42.0.1" };

export interface PlanFrom {
  readonly files: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly podGateway?: PodGateway;
}

/** The plan for a folder /work with these files. */
export async function planFrom({
  files,
  flags = {},
  env = {},
  podGateway = gateway,
}: PlanFrom): Promise<Plan> {
  const readFile = async (path: string) => files[path.replace("/work/", "")];
  const listFolder = async (path: string) =>
    Object.keys(files).flatMap((name) =>
      `/work/${name}`.startsWith(`${path}/`) ? `/work/${name}`.slice(path.length + 1) : [],
    );
  const loaded = await loadConfig({ cwd: "/work", env: { HOME: "/home/ann" }, flags, readFile, listFolder });
  const { config, valuesFiles, texts, cwd } = loaded;
  const judged = await judgeOwnConfig(judge, { ...loaded, variables: env });
  const plan = makePlan(config, {
    judged,
    valuesFiles,
    texts,
    env,
    cwd,
    podGateway,
  });
  const ofRules = await judgeRules({ judge, expressions, loaded }, plan);
  return { ...plan, notices: [...plan.notices, ...ofRules] };
}

/** `file:line:col: text` of each notice. */
export function told({ notices }: Plan): string[] {
  return notices.map(({ at, text }) => `${at ? `${at.file}:${at.line}:${at.column}: ` : ""}${text}`);
}
