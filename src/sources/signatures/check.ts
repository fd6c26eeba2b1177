import { InstallError } from "../../lib/errors.ts";
import type { Signature, ToolName } from "../../lockfile/tools.ts";
import { checkHelm } from "./helm.ts";
import { checkK3s } from "./k3s.ts";
import { checkKubectl } from "./kubectl.ts";
import { type Finding, type Signed, unchecked } from "./program.ts";

const checks: Readonly<Record<ToolName, (signed: Signed) => Promise<Finding>>> = {
  helm: (signed) => checkHelm(signed),
  kubectl: checkKubectl,
  k3s: checkK3s,
};

/**
 * Checks what upstream signed, where that can be done here, and says what became of it.
 * @throws InstallError when a signature is there and is wrong, or is required and could not be checked
 */
export async function checkSignature(
  name: ToolName,
  signed: Signed,
  { isRequired }: { readonly isRequired: boolean },
): Promise<Signature> {
  const { context, supply } = signed.web;
  const hindrance = await hindranceOf(signed);
  const found: Finding = hindrance === undefined ? await checks[name](signed) : unchecked(hindrance);
  const { isUnpublished, ...signature } = found;
  const what = `${name} ${signed.version}`;
  if (signature.status === "verified") {
    context.log.info(`${what}: signed by ${signature.signer}, ${signature.by} says`);
    return signature;
  }
  // What nobody signed, the lock vouches for.
  if (isRequired && !(isUnpublished && supply.lock !== undefined))
    throw new InstallError(
      `the signature of ${what} is required and could not be checked: ${signature.why}; it is not installed`,
      {
        fix: isUnpublished
          ? "`monstack lock` writes its sha256 into a lock file, which is accepted in the place of a signature that is not published"
          : "make it possible, or set verify-signatures to true, which warns instead",
      },
    );
  context.log.warn(`the signature of ${what} could not be checked: ${signature.why}`);
  return signature;
}

async function hindranceOf({ web, path }: Signed): Promise<string | undefined> {
  const { context, supply } = web;
  if (supply.offline !== undefined) return `${supply.offline} allows no request`;
  // An older monstack kept the program alone.
  return (await context.host.files.exists(path)) ? undefined : "the cache has only what was unpacked of it";
}
