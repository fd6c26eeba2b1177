/** Characters that a comparison in a language's way skips, as .NET with ICU does. */
const weightless = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u0640]/gu;

/**
 * The command that GitHub's runner takes a line of output for, as src/Runner.Common/ActionCommand.cs of actions/runner
 * reads it; undefined when it is none.
 */
export function commandIn(line: string): string | undefined {
  return [line, line.replaceAll(weightless, "")].map(read).find((command) => command !== undefined);
}

function read(line: string): string | undefined {
  const trimmed = line.trimStart();
  const end = trimmed.startsWith("::") ? trimmed.indexOf("::", 2) : -1;
  if (end > 0) return trimmed.slice(2, end).split(" ")[0];
  const from = line.indexOf("##[");
  const bracket = from < 0 ? -1 : line.indexOf("]", from);
  return bracket < 0 ? undefined : line.slice(from + 3, bracket).split(" ")[0];
}
