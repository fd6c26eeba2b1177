import type { Config } from "../../config/schema.ts";
import { UserError } from "../../lib/errors.ts";
import { formatKeyPath, getValueAt, isUnset, type Values, withValue } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath } from "../../model/chart.ts";
import type { Plan } from "../../model/plan.ts";
import { hasGrafana } from "./grafana-values.ts";

/** Grafana's administrator as the run knows them; a password that isn't known yet is left to the chart. */
export type GrafanaAdmin = Config["grafana"];

/** How to log in to the Grafana that a plan deploys. */
export type GrafanaLogin =
  | { readonly kind: "known"; readonly user: string; readonly password: string }
  /** They are in a Secret of the user's, in Grafana's namespace. */
  | {
      readonly kind: "secret";
      readonly namespace: string;
      readonly secret: string;
      readonly userKey: string;
      readonly passwordKey: string;
    };

/**
 * Puts the administrator into a Grafana chart's values, where the user's own values say nothing of them. `at` is where the
 * chart keeps Grafana's.
 */
export function addAdmin(values: Values, admin: GrafanaAdmin, at: readonly string[] = []): Values {
  if (findExistingSecret(values, at) !== undefined) return values;
  const user = [...at, "adminUser"];
  const password = [...at, "adminPassword"];
  const named = isUnset(values, user) ? withValue(values, user, admin.user) : values;
  if (admin.password === undefined || !isUnset(named, password)) return named;
  return withValue(named, password, admin.password);
}

/**
 * Returns the credentials that are in force, whoever set them; undefined when the plan has no Grafana.
 * `admin` is what the run uses (`config.grafana` with a generated password filled in); `config.grafana` of the plan says
 * whether the user chose one.
 * @throws UserError when nobody can know the password.
 */
export function findGrafanaLogin(plan: Plan, admin: GrafanaAdmin): GrafanaLogin | undefined {
  const app = plan.apps.find(hasGrafana);
  const at = app && getGrafanaValuesPath(getChartName(app.chart));
  if (!app || !at) return undefined;
  const configured = plan.config.grafana;
  // The chart leaves out what it would take from a Secret where these are in the values.
  const inEnv = (name: string) => findText(app.values, [...at, "env", `GF_SECURITY_ADMIN_${name}`]);
  const envUser = inEnv("USER");
  const envPassword = inEnv("PASSWORD");
  const secret = envPassword === undefined ? findExistingSecret(app.values, at) : undefined;
  if (secret !== undefined && configured.password !== undefined)
    return { kind: "known", user: configured.user, password: configured.password };
  if (secret !== undefined) {
    const key = (name: string, fallback: string) =>
      String(getValueAt(app.values, [...at, "admin", name]) || fallback);
    return {
      kind: "secret",
      namespace: app.namespace,
      secret,
      userKey: key("userKey", "admin-user"),
      passwordKey: key("passwordKey", "admin-password"),
    };
  }
  const user = envUser ?? getValueAt(app.values, [...at, "adminUser"]) ?? admin.user;
  const password = envPassword ?? getValueAt(app.values, [...at, "adminPassword"]) ?? admin.password;
  if (typeof user === "string" && typeof password === "string" && password !== "")
    return { kind: "known", user, password };
  throw new UserError(
    `apps.${app.name}.values: ${formatKeyPath([...at, "adminUser"])} and ${formatKeyPath([...at, "adminPassword"])} are not texts, so nobody can log in to Grafana`,
    {
      fix: "put both in quotes, or leave them out and use grafana.user and grafana.password",
    },
  );
}

/** Returns the text at a key path; undefined for an empty one and for a template, which only helm can fill in. */
function findText(values: Values, path: readonly string[]): string | undefined {
  const text = getValueAt(values, path);
  return typeof text === "string" && text !== "" && !text.includes("{{") ? text : undefined;
}

function findExistingSecret(values: Values, at: readonly string[]): string | undefined {
  const name = getValueAt(values, [...at, "admin", "existingSecret"]);
  return typeof name === "string" && name !== "" ? name : undefined;
}
