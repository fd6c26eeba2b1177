import type { Host } from "./host.ts";

/**
 * Gives helm a folder of its own for what it learns of an API server, and for its other caches. By default that is
 * ~/.kube/cache: it would stay behind, and for six hours the next cluster at the same address would be taken for this one.
 * @param use gets the environment variables that name the folder
 */
export function withKubeCache<T>(host: Host, use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  return host.files.withTemp("monstack-kube-", (folder) =>
    use({ KUBECACHEDIR: folder, HELM_CACHE_HOME: folder }),
  );
}
