import manifest from "../../package.json" with { type: "json" };

/** monstack's own version. */
export const version: string = manifest.version;
