import { InstallError } from "../../lib/errors.ts";
import type { Signature, ToolName } from "../../lockfile/tools.ts";
import { checkHelm } from "./helm.ts";
import { checkK3s } from "./k3s.ts";
import { checkKubectl } from "./kubectl.ts";
import { createUncheckedSignature, type SignatureResult, type Signed } from "./program.ts";

const checks: Readonly<Record<ToolName, (signed: Signed) => Promise<SignatureResult>>> = {
  helm: (signed) => checkHelm(signed),
  kubectl: checkKubectl,
  k3s: checkK3s,
};

/**
 * Verifies a tool's upstream signature, if this machine has the program for it, and returns the result. An unverified
 * signature is a warning unless it is required.
 * @throws InstallError if a signature is wrong, or is required and could not be verified
 */
export async function checkSignature(
  name: ToolName,
  signed: Signed,
  { isRequired }: { readonly isRequired: boolean },
): Promise<Signature> {
  const { context, supply } = signed.web;
  const obstacle = await findObstacle(signed);
  const result: SignatureResult =
    obstacle === undefined ? await checks[name](signed) : createUncheckedSignature(obstacle);
  const { isUnpublished, ...signature } = result;
  const what = `${name} ${signed.version}`;
  if (signature.status === "verified") {
    context.log.info(`${what}: signed by ${signature.signer}, verified by ${signature.by}`);
    return signature;
  }
  // For an unsigned release the digest in the lock is sufficient.
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

/** Returns why a signature can't be checked at all; undefined if it can. */
async function findObstacle({ web, path }: Signed): Promise<string | undefined> {
  const { context, supply } = web;
  if (supply.offline !== undefined) return `${supply.offline} allows no request`;
  // Older versions of monstack kept only the program, not the signed download.
  return (await context.host.files.exists(path)) ? undefined : "the cache has only what was unpacked of it";
}
