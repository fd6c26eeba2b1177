/** Docker Hub's hosts, all of them called docker.io where images and registries are configured. */
const hub: readonly string[] = ["docker.io", "registry-1.docker.io", "index.docker.io"];

/** How `registries` and `mirrors` call who has this host (with its port). */
export function registryName(host: string): string {
  return hub.includes(host) ? "docker.io" : host;
}
