import { allowed, belowWorkspace, type InRestricted, refused } from "../settings/setting.ts";

/**
 * What a file may do in restricted mode with the keys that are in files only: the sections of monstack.yaml, and the keys of
 * an app. The parsers hold to it; docs/trust.md is made from it.
 */
export const sections: Readonly<
  Record<string, { readonly inRestricted: InRestricted; readonly note: string }>
> = {
  repos: { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  registries: {
    inRestricted: allowed,
    note: "`ca` below the workspace, no `insecure`; a login only with variables that `env` lists",
  },
  checks: { inRestricted: allowed, note: "headers and body name only variables that `env` lists" },
  resources: { inRestricted: allowed, note: "" },
  federate: { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  "remote-write": { inRestricted: allowed, note: "a login only with variables that `env` lists" },
  trust: { inRestricted: refused("no file says how far it is trusted"), note: "" },
  env: { inRestricted: refused("no file says which variables it may name"), note: "" },
  "state-dir": { inRestricted: refused("teardown obeys the journal in that folder"), note: "" },
  "apps.*.chart": {
    inRestricted: belowWorkspace,
    note: "a folder or an archive, with all links in it; repositories and `oci://` are allowed",
  },
  "apps.*.version": { inRestricted: allowed, note: "" },
  "apps.*.values": { inRestricted: belowWorkspace, note: "" },
  "apps.*.depends_on": { inRestricted: allowed, note: "" },
  "apps.*.enabled": { inRestricted: allowed, note: "" },
  "apps.*.namespace": { inRestricted: allowed, note: "" },
  "apps.*.release": { inRestricted: allowed, note: "" },
  "apps.*.timeout": { inRestricted: allowed, note: "" },
  "apps.*.manifests": { inRestricted: belowWorkspace, note: "" },
  "apps.*.kustomize": {
    inRestricted: refused("kubectl reads files that the kustomization chooses"),
    note: "build it beforehand, and name the result under `manifests`",
  },
  "apps.*.set": { inRestricted: allowed, note: "" },
  "apps.*.labels": { inRestricted: allowed, note: "" },
  "apps.*.annotations": { inRestricted: allowed, note: "" },
};
