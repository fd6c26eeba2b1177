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
 * Adds the administrator to the values of a Grafana chart, unless the user's values set one.
 * @param at key path of Grafana's values in the chart's values
 */
export function addAdmin(values: Values, admin: GrafanaAdmin, grafanaPath: readonly string[] = []): Values {
  if (findExistingSecret(values, grafanaPath) !== undefined) return values;
  const user = [...grafanaPath, "adminUser"];
  const password = [...grafanaPath, "adminPassword"];
  const named = isUnset(values, user) ? withValue(values, user, admin.user) : values;
  if (admin.password === undefined || !isUnset(named, password)) return named;
  return withValue(named, password, admin.password);
}

/**
 * Returns the credentials that are in force, whoever set them; undefined if the plan has no Grafana. `admin` is the login
 * of this run (`config.grafana` with a generated password filled in); `config.grafana` of the plan shows whether the
 * user chose a password.
 * @throws UserError if the password can't be known
 */
export function findGrafanaLogin(plan: Plan, admin: GrafanaAdmin): GrafanaLogin | undefined {
  const app = plan.apps.find(hasGrafana);
  const grafanaPath = app && getGrafanaValuesPath(getChartName(app.chart));
  if (!app || !grafanaPath) return undefined;
  const configured = plan.config.grafana;
  // The chart leaves out what it would take from a Secret where these are in the values.
  const inEnv = (name: string) => findText(app.values, [...grafanaPath, "env", `GF_SECURITY_ADMIN_${name}`]);
  const envUser = inEnv("USER");
  const envPassword = inEnv("PASSWORD");
  const secret = envPassword === undefined ? findExistingSecret(app.values, grafanaPath) : undefined;
  if (secret !== undefined && configured.password !== undefined)
    return { kind: "known", user: configured.user, password: configured.password };
  if (secret !== undefined) {
    const key = (name: string, fallback: string) =>
      String(getValueAt(app.values, [...grafanaPath, "admin", name]) || fallback);
    return {
      kind: "secret",
      namespace: app.namespace,
      secret,
      userKey: key("userKey", "admin-user"),
      passwordKey: key("passwordKey", "admin-password"),
    };
  }
  const user = envUser ?? getValueAt(app.values, [...grafanaPath, "adminUser"]) ?? admin.user;
  const password = envPassword ?? getValueAt(app.values, [...grafanaPath, "adminPassword"]) ?? admin.password;
  if (typeof user === "string" && typeof password === "string" && password !== "")
    return { kind: "known", user, password };
  throw new UserError(
    `apps.${app.name}.values: ${formatKeyPath([...grafanaPath, "adminUser"])} and ${formatKeyPath([...grafanaPath, "adminPassword"])} are not texts, so nobody can log in to Grafana`,
    {
      fix: "put both in quotes, or leave them out and use grafana.user and grafana.password",
    },
  );
}

/** Returns the text at a key path; undefined if it is empty or a template, which only helm can render. */
function findText(values: Values, path: readonly string[]): string | undefined {
  const text = getValueAt(values, path);
  return typeof text === "string" && text !== "" && !text.includes("{{") ? text : undefined;
}

function findExistingSecret(values: Values, grafanaPath: readonly string[]): string | undefined {
  const name = getValueAt(values, [...grafanaPath, "admin", "existingSecret"]);
  return typeof name === "string" && name !== "" ? name : undefined;
}
