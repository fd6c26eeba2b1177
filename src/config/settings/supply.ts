import { shown } from "../../yaml/mistakes.ts";
import { flag, oneOf, type Parser, path, problem, yesOrNo } from "../../yaml/parsers.ts";
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
      signatureCheck(flag),
      ["verify-signatures"],
      allowed,
      "true|false|required",
      "false",
      "Check what upstream signs, where the tool for it (gpg, gh, cosign) is on this machine; required: fail where that can't be done",
    ),
    fromText: signatureCheck(yesOrNo),
  },
};

function signatureCheck(yesNo: Parser<boolean>): Parser<boolean | "required"> {
  return (given, base) => {
    if (given === "required") return { value: given };
    const parsed = yesNo(given, base);
    if (!("problems" in parsed)) return parsed;
    return problem(`${shown(given)} is not a way to check signatures; expected true, false or required`);
  };
}
