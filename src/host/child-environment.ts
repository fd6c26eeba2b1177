type Env = Readonly<Record<string, string | undefined>>;

/** Variables that a program needs to work at all, to find its own files, or to reach the network. */
const passedOn: ReadonlySet<string> = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "LD_LIBRARY_PATH"],
  ...["LANG", "LANGUAGE", "TZ"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"],
  ...["http_proxy", "https_proxy", "no_proxy", "all_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_USE_SYSTEM_CA"],
  ...["GODEBUG", "GOMAXPROCS", "GOMEMLIMIT"],
  ...["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
  // Where helm, gh, gpg and cosign keep what they know: paths and names, no secrets.
  ...["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "GH_CONFIG_DIR", "GH_HOST", "GNUPGHOME"],
  ...["TUF_ROOT", "TUF_MIRROR", "SIGSTORE_ROOT_FILE"],
  ...["SIGSTORE_REKOR_PUBLIC_KEY", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"],
]);

/** Families of variables that only the programs of these names read. */
const passedOnFamilies = /^(LC|HELM|K3S|CONTAINERD)_/;

/** What the runner of a job keeps for itself and for its actions: tokens, addresses that open its services, inputs. */
const runners = /^(ACTIONS|GITHUB|INPUT|RUNNER|STATE)_/i;

/** True if a variable is the runner's own. */
export function isRunnersVariable(name: string): boolean {
  return runners.test(name);
}

/**
 * Returns the environment that every command gets. An allow list: a job's tokens and the secrets of its other steps are in
 * the environment too, and no program that monstack runs needs them.
 */
export function selectChildEnvironment(env: Env): Record<string, string> {
  return select(env, (name) => passedOn.has(name) || passedOnFamilies.test(name));
}

/**
 * Returns the additional environment of a command that reads the user's kubeconfig: it may name a program that logs in to a cloud (aws,
 * gcloud, kubelogin, ...), and nobody knows which variables that program reads. The runner's own are left out.
 */
export function selectLoginEnvironment(env: Env): Record<string, string> {
  return select(env, (name) => !isRunnersVariable(name) && !passedOn.has(name));
}

/** Returns the variables with which a process of the action reaches the runner's cache. */
export function selectRunnerEnvironment(env: Env): Record<string, string> {
  return select(env, (name) => /^(ACTIONS|GITHUB|RUNNER)_/.test(name));
}

function select(env: Env, isWanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((one): one is [string, string] => one[1] !== undefined && isWanted(one[0])),
  );
}
