import { flag, oneOf, path, yesOrNo } from "../parsers.ts";
import { allowed, refused, same } from "./setting.ts";

/** What is fetched, what it must be, and what is kept of it. */
export const supplySettings = {
  "lock-file": same(
    path,
    ["lock-file"],
    refused("it names what programs must be, and is a file that is written"),
    "FILE",
    "monstack.lock beside the configuration, if it is there",
    "Install exactly what stands in it, or fail; `monstack lock` writes it",
  ),
  bundle: same(
    path,
    ["bundle"],
    refused("programs come from it"),
    "FILE",
    "",
    "Take everything from a bundle (`monstack bundle create`), and nothing from the network",
  ),
  cache: same(
    oneOf("a way to keep downloads", ["auto", "on", "off"]),
    ["cache"],
    allowed,
    "auto|on|off",
    "auto",
    "Keep between jobs what a lock file names, in GitHub's cache; auto: not in workflows that release something",
  ),
  "verify-signatures": {
    ...same(
      flag,
      ["verify-signatures"],
      allowed,
      "true|false",
      "false",
      "Check what upstream signs, where the tool for it (gpg, gh, cosign) is on this machine",
    ),
    fromText: yesOrNo,
  },
};
