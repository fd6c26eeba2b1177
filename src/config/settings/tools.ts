import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  createChoiceSchema,
  createListSchema,
  createPathListSchema,
  createPathSchema,
  createTextSchema,
  readBoolean,
  splitPairs,
  splitText,
} from "../../yaml/primitives.ts";
import { mirrors } from "../registries.ts";
import { allowed, refuseBecause, type SettingTable } from "./setting.ts";

// The forms of versions that `sources` can resolve. Each release host has other names for its newest versions.
const k3sVersion = createToolVersionSchema(
  "v1.36.3+k3s1, a minor like v1.36, stable or latest",
  /^(v?\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?\+k3s\d+)?|stable|latest)$/,
);
const helmVersion = createToolVersionSchema(
  "v4.2.3, v4, v3 or stable",
  /^(v?\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?|v?[34]|stable)$/,
);
const kubectlVersion = createToolVersionSchema(
  "v1.36.3, a minor like v1.36, or stable",
  /^(v?\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?)?|stable)$/,
);

/** Returns the schema of a tool's version. A number gets the leading `v` that release hosts expect. */
function createToolVersionSchema(forms: string, pattern: RegExp) {
  return createTextSchema(`a version (${forms})`, pattern).transform((version) =>
    /^\d/.test(version) ? `v${version}` : version,
  );
}

const signatureCheck = z.union([z.boolean(), z.literal("required")], {
  error: ({ input }) => describeMismatch(input, "a way to check signatures", "true, false or required"),
});

/** YAML reads on and off as true and false. */
const cacheUse = z
  .preprocess(
    (given) => (typeof given === "boolean" ? (given ? "on" : "off") : given),
    createChoiceSchema("a way to keep downloads", ["auto", "on", "off"]),
  )
  .meta({ "x-also": { type: "boolean" } });

/** Splits arguments at line breaks if the text has several lines, else at spaces. */
function splitArguments(given: string): string[] {
  return splitText(given, given.trim().includes("\n") ? /\n/ : /\s+/);
}

/** Settings for k3s, helm and kubectl, and for their origin. */
export const toolSettings = {
  "k3s-version": {
    schema: k3sVersion,
    inFile: ["k3s", "version"],
    inRestricted: allowed,
    metavar: "VERSION",
    byDefault: "v1.36.3+k3s1",
    help: "k3s: an exact version, a minor (v1.36), stable or latest",
  },
  "k3s-path": {
    schema: createPathSchema,
    inFile: ["k3s", "path"],
    inRestricted: refuseBecause("it names a program that runs on this machine"),
    metavar: "PATH",
    help: "A k3s on this machine instead of a download",
  },
  "k3s-args": {
    schema: createListSchema(createTextSchema("an argument"), "a list of arguments"),
    readText: splitArguments,
    inFile: ["k3s", "args"],
    inRestricted: refuseBecause("it changes how a program runs as root"),
    metavar: "ARGS",
    help: "Added to the end of k3s' command line; separated by spaces, or one a line",
  },
  "k3s-images": {
    schema: createPathListSchema,
    readText: splitText,
    inFile: ["k3s", "images"],
    inRestricted: refuseBecause("k3s reads these files as root"),
    metavar: "PATHS",
    help: "Image archives, or folders of them, that k3s imports at its start; separated by commas",
  },
  "helm-version": {
    schema: helmVersion,
    inFile: ["helm", "version"],
    inRestricted: allowed,
    metavar: "VERSION",
    byDefault: "v4.2.3",
    help: "helm: an exact version, v4, v3 or stable",
  },
  "helm-path": {
    schema: createPathSchema,
    inFile: ["helm", "path"],
    inRestricted: refuseBecause("it names a program that runs on this machine"),
    metavar: "PATH",
    help: "A helm on this machine instead of a download",
  },
  "kubectl-version": {
    schema: kubectlVersion,
    inFile: ["kubectl", "version"],
    inRestricted: allowed,
    metavar: "VERSION",
    byDefault: "v1.36.3",
    help: "kubectl: an exact version, a minor (v1.36) or stable",
  },
  "kubectl-path": {
    schema: createPathSchema,
    inFile: ["kubectl", "path"],
    inRestricted: refuseBecause("it names a program that runs on this machine"),
    metavar: "PATH",
    help: "A kubectl on this machine instead of a download",
  },
  mirrors: {
    schema: mirrors,
    readText: splitPairs,
    inFile: ["mirrors"],
    inRestricted: refuseBecause("it names the hosts that programs come from"),
    metavar: "FROM=TO",
    help: "Where to get things instead: URL prefixes (https://get.helm.sh/=http://mirror/helm/) and image registries (docker.io=http://mirror:5000); separated by commas or line breaks",
  },
} satisfies SettingTable;

/** Settings for downloads: the lock file, the bundle, the cache and signatures. */
export const supplySettings = {
  "lock-file": {
    schema: createPathSchema,
    inFile: ["lock-file"],
    inRestricted: refuseBecause("it names what programs must be, and is a file that is written"),
    metavar: "FILE",
    byDefault: "monstack.lock beside the configuration, if it is there",
    help: "Install exactly what it lists, or fail; `monstack lock` writes it",
  },
  bundle: {
    schema: createPathSchema,
    inFile: ["bundle"],
    inRestricted: refuseBecause("programs come from it"),
    metavar: "FILE",
    help: "Take everything from a bundle (`monstack bundle create`), and nothing from the network",
  },
  cache: {
    schema: cacheUse,
    inFile: ["cache"],
    inRestricted: allowed,
    metavar: "auto|on|off",
    byDefault: "auto",
    help: "Keep between jobs what a lock file names, in GitHub's cache; auto: not in workflows that release something",
  },
  "verify-signatures": {
    schema: signatureCheck,
    readText: readBoolean,
    inFile: ["verify-signatures"],
    inRestricted: allowed,
    metavar: "true|false|required",
    byDefault: "false",
    help: "Check what upstream signs, where the tool for it (gpg, gh, cosign) is on this machine; required: fail where that can't be done",
  },
} satisfies SettingTable;
