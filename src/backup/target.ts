import type { Stack } from "../stack/check.ts";

/** The stack that is backed up, or restored into. */
export type Target = Pick<Stack, "context" | "kube" | "prometheus" | "alertmanager" | "grafana">;
