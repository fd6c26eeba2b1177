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

/** Grace period in milliseconds: Grafana responds before it has read its provisioning files. */
const provisioningMs = 12_000;

const namedSchema = z.looseObject({ name: z.string(), orgId: z.number().nullish() });
const fileSchema = z.looseObject({
  apiVersion: z.number(),
  contactPoints: z
    .array(namedSchema.extend({ receivers: z.array(z.looseObject({ type: z.string() })).nullish() }))
    .nullish(),
  policies: z.array(z.looseObject({ receiver: z.string(), orgId: z.number().nullish() })).nullish(),
  templates: z.array(namedSchema).nullish(),
  muteTimes: z.array(namedSchema).nullish(),
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

/** A kind of object of Grafana's alerting. */
interface Kind {
  /** The name in messages: `contact point`. */
  readonly noun: string;
  /** The path in Grafana's API: `contact-points`. */
  readonly path: string;
  /** Returns the names of the objects in a provisioning file. */
  readonly listRequested: (file: AlertingFile) => readonly string[];
  /** Returns the names of the objects in a response of Grafana's API. */
  readonly listLive: (response: unknown) => readonly string[];
}

type AlertingObject = Record<string, unknown>;

/** Returns the name of each object in a response. */
function mapNames(response: unknown, getObjectName: (object: AlertingObject) => string): string[] {
  return z
    .array(z.looseObject({}))
    .parse(response ?? [])
    .map(getObjectName);
}

/** Returns the name of an object. */
function getName(object: AlertingObject): string {
  return String(object["name"] ?? "");
}

/** The kinds of objects that are compared. */
const kinds: readonly Kind[] = [
  {
    noun: "contact point",
    path: "contact-points",
    listRequested: (file) =>
      keepFirstOrganization(file.contactPoints).flatMap(({ name, receivers }) =>
        (receivers ?? []).map(({ type }) => `${name} (${type})`),
      ),
    listLive: (response) => mapNames(response, (object) => `${getName(object)} (${String(object["type"])})`),
  },
  {
    noun: "default receiver",
    path: "policies",
    listRequested: (file) => keepFirstOrganization(file.policies).map(({ receiver }) => receiver),
    listLive: (response) => [String(z.looseObject({}).parse(response ?? {})["receiver"] ?? "none")],
  },
  {
    noun: "template",
    path: "templates",
    listRequested: (file) => keepFirstOrganization(file.templates).map(({ name }) => name),
    listLive: (response) => mapNames(response, getName),
  },
  {
    noun: "mute timing",
    path: "mute-timings",
    listRequested: (file) => keepFirstOrganization(file.muteTimes).map(({ name }) => name),
    listLive: (response) => mapNames(response, getName),
  },
  {
    noun: "alert rule",
    path: "alert-rules",
    listRequested: (file) =>
      keepFirstOrganization(file.groups).flatMap(({ name, rules }) =>
        (rules ?? []).map(({ title }) => `${name}/${title}`),
      ),
    listLive: (response) =>
      mapNames(response, (object) => `${String(object["ruleGroup"])}/${String(object["title"])}`),
  },
];

/** Compares the objects in the rendered alerting files with those in Grafana. */
async function checkGrafanaAlertingEffective(
  client: GrafanaClient,
  { rendered }: StackWith<"grafana">,
): Promise<Verdict> {
  const files = listRequestedAlerting(rendered);
  const requested = kinds
    // Grafana replaces variables in names: these can't be compared.
    .map((kind) => ({ kind, names: files.flatMap(kind.listRequested).filter((name) => !name.includes("$")) }))
    .filter(({ names }) => names.length > 0);
  if (requested.length === 0) return skip("no alerting of Grafana's own is requested");
  const problems = (
    await Promise.all(requested.map(({ kind, names }) => findMissing(client, kind, names)))
  ).flat();
  if (problems.length === 0)
    return pass(formatList(requested.map(({ kind, names }) => formatCount(names.length, kind.noun))));
  return {
    status: "fail",
    expected: `Grafana has ${formatList(requested.map(({ kind, names }) => `${formatCount(names.length, kind.noun)} (${formatList(names)})`))}`,
    seen: formatList(problems),
    cause:
      "Grafana has not read its provisioning files yet, refused them (see its log), or its unified alerting is off",
    fault: { id: "grafana-alerting-missing", graceMs: provisioningMs },
  };
}

/** Returns a line for each requested object of one kind that Grafana does not have. */
async function findMissing(client: GrafanaClient, kind: Kind, names: readonly string[]): Promise<string[]> {
  const response = await client.alerting(kind.path, z.unknown());
  if (response === undefined) {
    // Older versions of Grafana have no list of rules. Any other list is missing only if alerting is off.
    return kind.path === "alert-rules" ? [] : [`Grafana has no list of ${kind.noun}s`];
  }
  const liveNames = kind.listLive(response);
  return names
    .filter((name) => !liveNames.includes(name))
    .map((name) =>
      kind.path === "policies"
        ? `the default receiver is ${liveNames[0]}, not ${name}`
        : `${kind.noun} ${name} is missing`,
    );
}

/** Returns the objects of the first organization: monstack logs in to no other. */
function keepFirstOrganization<T extends { readonly orgId?: number | null | undefined }>(
  objects: readonly T[] | null | undefined,
): T[] {
  return (objects ?? []).filter(({ orgId }) => (orgId ?? 1) === 1);
}

/**
 * Returns the provisioning files of Grafana's alerting. The schema requires apiVersion: Prometheus' rule files
 * have groups as well, but no version.
 */
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
