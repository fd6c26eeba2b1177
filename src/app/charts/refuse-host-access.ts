import type { LoadedConfig } from "../../config/load.ts";
import { hostAccessOf } from "../../deploy/host-access.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { formatPath, throwIfAny } from "../../yaml/mistakes.ts";

const noChart = "no chart may have with trust: restricted";

/**
 * Of charts and values that a stranger may have written, refuses what openly reaches into this machine. It is no wall: a
 * chart can render something else when it is installed (docs/trust.md).
 * @throws UserError that names each object and field
 */
export function refuseHostAccess(
  { limits }: Pick<LoadedConfig, "limits">,
  rendered: readonly RenderedApp[],
): void {
  if (!limits.isRestricted) return;
  throwIfAny(
    rendered.flatMap((one) => [
      ...(one.unclear === undefined
        ? []
        : [{ where: `app ${one.app.name}`, path: "", problem: `${one.unclear}, which ${noChart}` }]),
      ...hostAccessOf(one).map(({ object: { kind, metadata }, path, what }) => ({
        where: `app ${one.app.name}, ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join("/")}`,
        path: formatPath(path),
        problem: `${what}, which ${noChart}`,
      })),
    ]),
  );
}
