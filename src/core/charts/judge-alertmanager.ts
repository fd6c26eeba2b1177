import type { RenderedApp } from "../../deploy/types.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import { configToJudge } from "../../plan/asked/alertmanager.ts";
import { runAmtool } from "../../rules/amtool.ts";
import { alertmanagerFilesOf } from "../../rules/lint.ts";
import type { Session } from "../session/session.ts";

/**
 * Has amtool, where there is one, judge Alertmanager's configuration: the user's own as it was before anything was led to
 * monstack, else what the charts render.
 * @throws UserError in amtool's words
 */
export async function judgeAlertmanager(
  { context, loaded }: Session,
  rendered: readonly RenderedApp[],
): Promise<void> {
  const { config, texts, cwd, variables: env } = loaded;
  const { amtool } = config.alerting;
  const own = configToJudge({ config, texts, cwd, env });
  if (own !== undefined) {
    const placeOf = (path: readonly (string | number)[]) => own.yaml.mistake(path, "").where;
    await runAmtool(context, { amtool, config: own.config, placeOf });
    return;
  }
  for (const { key, object, content } of rendered.flatMap(alertmanagerFilesOf)) {
    const placeOf = () => `${key} of ${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
    await runAmtool(context, { amtool, config: parseYaml(content, { logLevel: "error" }), placeOf });
  }
}
