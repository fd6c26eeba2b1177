import { randomBytes } from "node:crypto";
import type { Config } from "../config/schema.ts";
import type { Logger } from "../host/logger.ts";

/** Grafana's administrator for this run. A password that wasn't given is made, and masked before anything is logged. */
export function grafanaCredentials(config: Config, log: Logger): { user: string; password: string } {
  const password = config.grafana.password ?? randomBytes(18).toString("base64url");
  log.mask(password);
  return { user: config.grafana.user, password };
}
