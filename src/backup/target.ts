import type { Stack } from "../stack/stack.ts";

/** The stack that is backed up, or restored into. */
export type Target = Pick<Stack, "context" | "kube" | "prometheus" | "alertmanager" | "grafana">;
