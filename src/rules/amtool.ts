import { join } from "node:path";
import { stringify } from "yaml";
import { isMapping } from "../config/mapping.ts";
import { readYaml } from "../config/yaml.ts";
import { UserError } from "../host/errors.ts";
import type { Context, Host } from "../host/host.ts";

const timeoutMs = 30_000;

export interface AmtoolInput {
  /** A path that was named; undefined: the one in PATH, if there is one. */
  readonly amtool: string | undefined;
  /** Alertmanager's configuration with all secrets in it. */
  readonly config: unknown;
  /** Where the user wrote what stands at a path of the configuration, e.g. `alertmanager-config.yaml:3:5`. */
  placeOf(path: readonly (string | number)[]): string | undefined;
}

/**
 * Asks the real amtool what it thinks of Alertmanager's configuration: it knows all that Alertmanager itself refuses.
 * @throws UserError in amtool's words when it refuses it, or when the amtool that was named can't be run
 */
export async function runAmtool({ host, log }: Context, input: AmtoolInput): Promise<void> {
  const amtool = await findAmtool(host, input.amtool);
  if (amtool === undefined) {
    log.debug("amtool is not in PATH, so Alertmanager's configuration is judged without it");
    return;
  }
  const text = stringify(withoutTemplates(input.config));
  await host.files.withTemp("monstack-amtool-", async (folder) => {
    const file = join(folder, "alertmanager.yml");
    await host.files.write(file, text, 0o600);
    const argv = [amtool, "check-config", file] as const;
    const { exitCode, stdout, stderr } = await host.exec(argv, { allowFailure: true, timeoutMs });
    if (exitCode === 0) {
      log.debug("amtool takes Alertmanager's configuration");
      return;
    }
    const words = wordsOf(log.redactor.message(`${stdout}\n${stderr}`), file);
    const line = Number(/\bline (\d+):/.exec(words)?.[1] ?? Number.NaN);
    const place = input.placeOf(pathAtLine(text, line) ?? []);
    const at = place === undefined ? "" : `${place}: `;
    // The line is one of the copy, which nobody sees.
    throw new UserError(
      `${at}amtool refuses Alertmanager's configuration: ${words.replace(/\bline \d+: /g, "")}`,
      {
        mend: "correct it; `amtool check-config FILE` says the same",
      },
    );
  });
}

/** amtool would read them from this machine; they are the pod's files. */
function withoutTemplates(config: unknown): unknown {
  return isMapping(config) && Array.isArray(config["templates"]) ? { ...config, templates: [] } : config;
}

async function findAmtool(host: Host, named: string | undefined): Promise<string | undefined> {
  const path = named ?? "amtool";
  const tried = await host.exec([path, "--version"], { timeoutMs: 10_000 }).catch((cause: unknown) => {
    if (named === undefined) return undefined;
    throw new UserError(`alerting.amtool: ${named} can't be run`, { cause });
  });
  return tried && path;
}

/** `Checking 'FILE'  FAILED: what is wrong`, over several lines when YAML is. */
function wordsOf(output: string, file: string): string {
  const lines = output.split("\n").filter((line) => !/^amtool: error: failed to validate/.test(line));
  return lines
    .join(" ")
    .replaceAll(file, "")
    .replace(/^\s*Checking\s+''\s+FAILED:\s*/, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** What stands in a line of YAML. */
function pathAtLine(text: string, line: number): readonly (string | number)[] | undefined {
  const yaml = readYaml(text);
  return yaml.entries().findLast(({ key, value }) => yaml.placeOf(key ?? value).line === line)?.path;
}
