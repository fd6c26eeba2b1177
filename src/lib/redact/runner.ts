import { shortSecret } from "./forms.ts";

/**
 * What GitHub's runner is told to mask for a secret: its lines, since the runner takes a text of several lines apart and
 * masks each line wherever it occurs, however short it is.
 */
export function runnerMasks(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).filter((line) => line.trim().length >= shortSecret);
  return [...new Set(lines)].filter((line) => !line.trim().startsWith("-----"));
}

/** The same as workflow commands, a line each. */
export function maskCommands(secret: string): string[] {
  return runnerMasks(secret).map((line) => `::add-mask::${line.replaceAll("%", "%25")}`);
}
