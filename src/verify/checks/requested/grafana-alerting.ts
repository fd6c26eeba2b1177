import { z } from "zod";
import { formatCount, formatList } from "../../../lib/text.ts";
import { parseDocuments } from "../../../lib/yaml-text.ts";
import { sortByComponentApp } from "../../../model/chart-keys.ts";
import { listFiles, type RenderedApp } from "../../../model/rendered.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { GrafanaClient } from "../../../stack/grafana.ts";
import { type StackWith, withGrafana } from "../required-services.ts";

export const grafanaAlertingEffective: Check = {
  id: "grafana-alerting-effective",
  title: "Grafana has the alerting that was requested",
  severity: "error",
  meaning: "Alerts of Grafana's own are not evaluated, or are not sent to whom they should be.",
  fix: "put `alerting` into the values of Grafana's chart with apiVersion: 1, let unified alerting on, and look at Grafana's log for `Failed to provision`",
  run: withGrafana(checkGrafanaAlertingEffective),
};

/** Grafana answers before it has read its provisioning files. */
const provisioningMs = 12_000;

const named = z.looseObject({ name: z.string(), orgId: z.number().nullish() });
const fileSchema = z.looseObject({
  apiVersion: z.number(),
  contactPoints: z
    .array(named.extend({ receivers: z.array(z.looseObject({ type: z.string() })).nullish() }))
    .nullish(),
  policies: z.array(z.looseObject({ receiver: z.string(), orgId: z.number().nullish() })).nullish(),
  templates: z.array(named).nullish(),
  muteTimes: z.array(named).nullish(),
  groups: z
    .array(
      z.looseObject({
        name: z.string(),
        orgId: z.number().nullish(),
        rules: z.array(z.looseObject({ title: z.string() })).nullish(),
      }),
    )
    .nullish(),
});

type AlertingFile = z.infer<typeof fileSchema>;

interface Kind {
  /** In messages: `contact point`. */
  readonly noun: string;
  /** In Grafana's API. */
  readonly path: string;
  readonly requested: (file: AlertingFile) => readonly string[];
  readonly live: (answer: unknown) => readonly string[];
}

const list = z.array(z.looseObject({}));
const eachOf = (answer: unknown, name: (one: Record<string, unknown>) => string) =>
  list.parse(answer ?? []).map(name);
const nameOf = (one: Record<string, unknown>) => String(one["name"] ?? "");

const kinds: readonly Kind[] = [
  {
    noun: "contact point",
    path: "contact-points",
    requested: (file) =>
      keepFirstOrganization(file.contactPoints).flatMap(({ name, receivers }) =>
        (receivers ?? []).map(({ type }) => `${name} (${type})`),
      ),
    live: (answer) => eachOf(answer, (one) => `${nameOf(one)} (${String(one["type"])})`),
  },
  {
    noun: "default receiver",
    path: "policies",
    requested: (file) => keepFirstOrganization(file.policies).map(({ receiver }) => receiver),
    live: (answer) => [String(z.looseObject({}).parse(answer ?? {})["receiver"] ?? "none")],
  },
  {
    noun: "template",
    path: "templates",
    requested: (file) => keepFirstOrganization(file.templates).map(({ name }) => name),
    live: (answer) => eachOf(answer, nameOf),
  },
  {
    noun: "mute timing",
    path: "mute-timings",
    requested: (file) => keepFirstOrganization(file.muteTimes).map(({ name }) => name),
    live: (answer) => eachOf(answer, nameOf),
  },
  {
    noun: "alert rule",
    path: "alert-rules",
    requested: (file) =>
      keepFirstOrganization(file.groups).flatMap(({ name, rules }) =>
        (rules ?? []).map(({ title }) => `${name}/${title}`),
      ),
    live: (answer) => eachOf(answer, (one) => `${String(one["ruleGroup"])}/${String(one["title"])}`),
  },
];

async function checkGrafanaAlertingEffective(
  client: GrafanaClient,
  { rendered }: StackWith<"grafana">,
): Promise<Verdict> {
  const files = listRequestedAlerting(rendered);
  const wanted = kinds
    .map((kind) => ({ kind, names: files.flatMap(kind.requested).filter((name) => !name.includes("$")) }))
    .filter(({ names }) => names.length > 0);
  if (wanted.length === 0) return skip("no alerting of Grafana's own is requested");
  const problems = (await Promise.all(wanted.map((one) => findMissing(client, one.kind, one.names)))).flat();
  if (problems.length === 0)
    return pass(formatList(wanted.map(({ kind, names }) => formatCount(names.length, kind.noun))));
  return {
    status: "fail",
    expected: `Grafana has ${formatList(wanted.map(({ kind, names }) => `${formatCount(names.length, kind.noun)} (${formatList(names)})`))}`,
    seen: formatList(problems),
    cause:
      "Grafana has not read its provisioning files yet, refused them (see its log), or its unified alerting is off",
    fault: { id: "grafana-alerting-missing", graceMs: provisioningMs },
  };
}

async function findMissing(client: GrafanaClient, kind: Kind, names: readonly string[]): Promise<string[]> {
  const answer = await client.alerting(kind.path, z.unknown());
  if (answer === undefined) {
    // Older versions have no list of rules, and all others have everything, unless alerting is off.
    return kind.path === "alert-rules" ? [] : [`Grafana has no list of ${kind.noun}s`];
  }
  const live = kind.live(answer);
  return names
    .filter((name) => !live.includes(name))
    .map((name) =>
      kind.path === "policies"
        ? `the default receiver is ${live[0]}, not ${name}`
        : `${kind.noun} ${name} is missing`,
    );
}

/** monstack logs in to the first organization. */
function keepFirstOrganization<T extends { readonly orgId?: number | null | undefined }>(
  all: readonly T[] | null | undefined,
): T[] {
  return (all ?? []).filter(({ orgId }) => (orgId ?? 1) === 1);
}

/** The files that are provisioning of Grafana's alerting; Prometheus' rule files have groups too, without a version. */
function listRequestedAlerting(rendered: readonly RenderedApp[]): AlertingFile[] {
  return listFiles(sortByComponentApp("grafana", rendered))
    .filter(
      ({ key, content }) =>
        /\.(ya?ml|json)$/.test(key) &&
        /^[^\w\n]{0,100}(contactPoints|policies|templates|muteTimes|groups)\b/m.test(content),
    )
    .flatMap(({ content }) =>
      parseDocuments(content).flatMap((document) => {
        if ("errors" in document && document.errors.length > 0) return [];
        const parsed = fileSchema.safeParse(document.toJS());
        return parsed.success ? [parsed.data] : [];
      }),
    );
}
