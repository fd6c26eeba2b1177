import type { Config } from "../../config/schema.ts";
import { UserError } from "../../lib/errors.ts";
import { formatKeyPath, getValueAt, isUnset, type Values, withValue } from "../../lib/object.ts";
import { getChartName, getGrafanaValuesPath } from "../../model/chart.ts";
import type { Plan } from "../../model/plan.ts";
import { hasGrafana } from "./grafana-values.ts";

/** Grafana's administrator as the run knows it. Without a known password, the chart creates one. */
export type GrafanaAdmin = Config["grafana"];

/** How to log in to the Grafana that a plan deploys. */
export type GrafanaLogin =
  | { readonly kind: "known"; readonly user: string; readonly password: string }
  /** The user's own Secret in Grafana's namespace has them. */
  | {
      readonly kind: "secret";
      readonly namespace: string;
      readonly secret: string;
      readonly userKey: string;
      readonly passwordKey: string;
    };

/**
 * Adds the administrator to the values of a Grafana chart, unless the user's values set one.
 * @param grafanaPath key path of Grafana's values in the chart's values
 */
export function addAdmin(values: Values, admin: GrafanaAdmin, grafanaPath: readonly string[] = []): Values {
  if (findExistingSecret(values, grafanaPath) !== undefined) return values;
  const userPath = [...grafanaPath, "adminUser"];
  const passwordPath = [...grafanaPath, "adminPassword"];
  const withUser = isUnset(values, userPath) ? withValue(values, userPath, admin.user) : values;
  if (admin.password === undefined || !isUnset(withUser, passwordPath)) return withUser;
  return withValue(withUser, passwordPath, admin.password);
}

/**
 * Returns how to log in to Grafana; undefined if the plan has no Grafana. The environment variables in Grafana's
 * values count first, then a Secret of the user's, then the values `adminUser` and `adminPassword`, then `admin`.
 * With a Secret, a password in the configuration must be the Secret's, so it is used without reading the Secret.
 * @param admin the login of this run: `config.grafana` with a generated password filled in
 * @throws UserError if the user or the password is not a text
 */
export function findGrafanaLogin(plan: Plan, admin: GrafanaAdmin): GrafanaLogin | undefined {
  const app = plan.apps.find(hasGrafana);
  const grafanaPath = app && getGrafanaValuesPath(getChartName(app.chart));
  if (!app || !grafanaPath) return undefined;
  const configuredAdmin = plan.config.grafana;
  // If these variables are in the values, the chart does not set them from a Secret.
  const findVariable = (name: string) =>
    findText(app.values, [...grafanaPath, "env", `GF_SECURITY_ADMIN_${name}`]);
  const envUser = findVariable("USER");
  const envPassword = findVariable("PASSWORD");
  const secret = envPassword === undefined ? findExistingSecret(app.values, grafanaPath) : undefined;
  if (secret !== undefined && configuredAdmin.password !== undefined)
    return { kind: "known", user: configuredAdmin.user, password: configuredAdmin.password };
  if (secret !== undefined) {
    const findSecretKey = (name: string, fallback: string) =>
      String(getValueAt(app.values, [...grafanaPath, "admin", name]) || fallback);
    return {
      kind: "secret",
      namespace: app.namespace,
      secret,
      userKey: findSecretKey("userKey", "admin-user"),
      passwordKey: findSecretKey("passwordKey", "admin-password"),
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
