import { stringify } from "yaml";
import { type Mirrors, parseRegistry } from "./mirrors.ts";

/**
 * k3s' /etc/rancher/k3s/registries.yaml for the image registries among the mirrors; undefined when there are none.
 *
 * A mirror with a path becomes the endpoint `<host>/v2/<path>`. k3s (pkg/agent/containerd, normalizeEndpointAddress)
 * takes any path other than "", "/" and "/v2" as it is: it writes `override_path = true` into containerd's hosts.toml,
 * and containerd then puts no `/v2` of its own before it. So the `/v2` has to be in the path, and before the folder:
 * `docker.io/library/busybox` is asked for at `/v2/docker.io/library/busybox/...`. The `rewrite` setting would do it
 * too, but only k3s' own fork of containerd knows it, and it would apply to every endpoint of the registry.
 */
export function registriesYaml(mirrors: Mirrors): string | undefined {
  const registries = Object.entries(mirrors).filter(([key]) => !key.includes("://"));
  if (registries.length === 0) return undefined;
  const entries = registries.map(([registry, address]) => [registry, { endpoint: [endpoint(address)] }]);
  return stringify({ mirrors: Object.fromEntries(entries) });
}

function endpoint(address: string): string {
  const { scheme, host, path } = parseRegistry(address);
  return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}
