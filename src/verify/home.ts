import type { RenderedApp } from "../deploy/types.ts";
import { homeOf } from "../plan/asked/chart-keys.ts";

/** The apps, the one that brings the stack's own Prometheus first: there may be other servers beside it. */
export function prometheusFirst(rendered: readonly RenderedApp[]): RenderedApp[] {
  const home = homeOf(
    "prometheus",
    rendered.map(({ app }) => app),
  );
  return rendered.toSorted((a, b) => Number(b.app === home) - Number(a.app === home));
}
