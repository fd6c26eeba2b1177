import type { ToolName } from "../types.ts";
import { checkHelm } from "./helm.ts";
import { checkK3s } from "./k3s.ts";
import { checkKubectl } from "./kubectl.ts";
import { unchecked } from "./program.ts";
import type { Signature, Signed } from "./types.ts";

const checks: Readonly<Record<ToolName, (signed: Signed) => Promise<Signature>>> = {
  helm: (signed) => checkHelm(signed),
  kubectl: checkKubectl,
  k3s: checkK3s,
};

/**
 * Checks what upstream signed, where that can be done here, and says what became of it.
 * @throws InstallError when a signature is there and is wrong
 */
export async function checkSignature(name: ToolName, signed: Signed): Promise<Signature> {
  const { context } = signed.web;
  const hindrance = await hindranceOf(signed);
  const signature = hindrance === undefined ? await checks[name](signed) : unchecked(hindrance);
  const what = `${name} ${signed.version}`;
  if (signature.status === "verified")
    context.log.info(`${what}: signed by ${signature.signer}, ${signature.by} says`);
  else context.log.warn(`the signature of ${what} could not be checked: ${signature.why}`);
  return signature;
}

async function hindranceOf({ web, path }: Signed): Promise<string | undefined> {
  const { context, supply } = web;
  if (supply.offline !== undefined) return `${supply.offline} allows no request`;
  // An older monstack kept the program alone.
  return (await context.host.files.exists(path)) ? undefined : "the cache has only what was unpacked of it";
}
