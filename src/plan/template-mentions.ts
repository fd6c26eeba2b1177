import { type Refs, runPipeline, runStatement, type Scope } from "./template-pipeline.ts";
import { type Token, templateActions, templateTokens } from "./template-tokens.ts";

/** A key path of the values that a template names; `whole` when it uses everything below it. */
export interface Mention {
  readonly path: readonly string[];
  readonly whole: boolean;
}

/**
 * The key paths below `.Values` in a chart's template or helper, also such as are named by way of `with`, variables and
 * `index`. In doubt a path counts as used whole, so that nothing that has an effect is ever called unknown.
 */
export function mentionsIn(template: string): Mention[] {
  const mentions: Mention[] = [];
  const scope: Scope = {
    dot: [],
    variables: new Map(),
    texts: new Map(),
    mention: (refs, whole) => {
      for (const path of refs) if (path.length > 0 || whole) mentions.push({ path, whole });
    },
  };
  /** What the dot was outside of each block that is open. */
  const outer: Refs[] = [];
  for (const action of templateActions(template)) runAction(scope, outer, templateTokens(action));
  return mentions;
}

function runAction(scope: Scope, outer: Refs[], tokens: readonly Token[]): void {
  const [first, ...rest] = tokens;
  switch (first?.kind === "word" ? first.text : "") {
    case "if":
    case "with":
    case "range":
      outer.push(scope.dot);
      runHead(scope, tokens);
      return;
    case "define":
      outer.push(scope.dot);
      scope.variables.clear();
      scope.texts.clear();
      scope.dot = [];
      return;
    case "block":
      outer.push(scope.dot);
      scope.mention(runPipeline(scope, rest.slice(1)), true);
      scope.dot = [];
      return;
    case "else":
      scope.dot = outer.at(-1) ?? [];
      runHead(scope, rest);
      return;
    case "end":
      scope.dot = outer.pop() ?? [];
      return;
    case "break":
    case "continue":
      return;
    default: {
      const { refs, assigned } = runStatement(scope, tokens);
      scope.mention(refs, !assigned);
    }
  }
}

/** `if X` only looks at X, `with X` makes it the dot, and what `range X` goes through may be anything. */
function runHead(scope: Scope, tokens: readonly Token[]): void {
  const [first, ...rest] = tokens;
  if (first?.kind !== "word") return;
  const { refs } = runStatement(scope, rest);
  scope.mention(refs, first.text === "range");
  if (first.text === "with") scope.dot = refs;
  if (first.text === "range") scope.dot = [];
}
