/**
 * Returns the path below which Prometheus or Alertmanager serves everything, without a slash at its end; empty for the root.
 * Both take `--web.route-prefix`, and where that is not set the path of `--web.external-url`.
 */
export function servedPath(routePrefix: string | undefined, externalUrl: string | undefined): string {
  return trimPath(routePrefix || pathOf(externalUrl ?? ""));
}

/** Returns the path of a URL as Go reads it: a text without a scheme is a path as a whole. */
export function pathOf(url: string): string {
  const afterHost = /^[^/?#]*:\/\/[^/?#]*(.*)$/s.exec(url)?.[1] ?? url;
  return /^[^?#]*/.exec(afterHost)?.[0] ?? "";
}

/** `prometheus`, `/prometheus` and `/prometheus/` are the same path. */
export function trimPath(path: string): string {
  const inner = path.replace(/^\/+/, "").replace(/(?<!\/)\/+$/, "");
  return inner === "" ? "" : `/${inner}`;
}

/** Returns the value of a flag among a program's arguments: `--name=value`, or `--name` and the value after it. */
export function flagIn(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  return args[at]?.includes("=") ? args[at]?.slice(name.length + 3) : args[at + 1];
}
