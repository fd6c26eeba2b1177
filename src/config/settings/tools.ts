import { listOf, type Parser, path, splitList, text, toolVersion } from "../../yaml/parsers.ts";
import { mirrorsFromFile, mirrorsFromText } from "../registries/mirrors.ts";
import { allowed, refused, same } from "./setting.ts";

const paths = "a list of paths";
// What `sources` can resolve: each release host knows other names that move.
const k3sVersion = toolVersion(
  "v1.36.3+k3s1, a minor like v1.36, stable or latest",
  /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?\+k3s\d+)?|stable|latest)$/,
);
const helmVersion = toolVersion(
  "v4.2.3, v4, v3 or stable",
  /^(v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?|v[34]|stable)$/,
);
const kubectlVersion = toolVersion(
  "v1.36.3, a minor like v1.36, or stable",
  /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?)?|stable)$/,
);

/** k3s, helm and kubectl, and where they come from. */
export const toolSettings = {
  "k3s-version": same(
    k3sVersion,
    ["k3s", "version"],
    allowed,
    "VERSION",
    "v1.36.3+k3s1",
    "k3s: an exact version, a minor (v1.36), stable or latest",
  ),
  "k3s-path": same(
    path,
    ["k3s", "path"],
    refused("it names a program that runs on this machine"),
    "PATH",
    "",
    "A k3s on this machine instead of a download",
  ),
  "k3s-args": {
    ...same(
      listOf(text("an argument"), "a list of arguments"),
      ["k3s", "args"],
      refused("it changes how a program runs as root"),
      "ARGS",
      "",
      "Added to the end of k3s' command line; separated by spaces, or one a line",
    ),
    fromText: splitArgs,
  },
  "k3s-images": {
    ...same(
      listOf(path, paths),
      ["k3s", "images"],
      refused("k3s reads these files as root"),
      "PATHS",
      "",
      "Image archives, or folders of them, that k3s imports at its start; separated by commas",
    ),
    fromText: splitList(path, /[,\n]/),
  },
  "helm-version": same(
    helmVersion,
    ["helm", "version"],
    allowed,
    "VERSION",
    "v4.2.3",
    "helm: an exact version, v4, v3 or stable",
  ),
  "helm-path": same(
    path,
    ["helm", "path"],
    refused("it names a program that runs on this machine"),
    "PATH",
    "",
    "A helm on this machine instead of a download",
  ),
  "kubectl-version": same(
    kubectlVersion,
    ["kubectl", "version"],
    allowed,
    "VERSION",
    "v1.36.3",
    "kubectl: an exact version, a minor (v1.36) or stable",
  ),
  "kubectl-path": same(
    path,
    ["kubectl", "path"],
    refused("it names a program that runs on this machine"),
    "PATH",
    "",
    "A kubectl on this machine instead of a download",
  ),
  mirrors: {
    ...same(
      mirrorsFromFile,
      ["mirrors"],
      refused("it names the hosts that programs come from"),
      "FROM=TO",
      "",
      "Where to get things instead: URL prefixes (https://get.helm.sh/=http://mirror/helm/) and image registries (docker.io=http://mirror:5000); separated by commas or line breaks",
    ),
    fromText: mirrorsFromText,
  },
};

/** One a line when there are several lines, else separated by spaces. */
function splitArgs(
  given: unknown,
  base: Parameters<Parser<unknown>>[1],
): ReturnType<Parser<readonly string[]>> {
  const separator = typeof given === "string" && given.trim().includes("\n") ? /\n/ : /\s+/;
  return splitList(text("an argument"), separator)(given, base);
}
