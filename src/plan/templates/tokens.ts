/** A word of a Go template's action. Strings come without their quotes. */
export type Token =
  | { readonly kind: "string"; readonly text: string }
  /** `.a.b`, `$.a.b`, `$x.a`; after a closing bracket `attached` is true. */
  | {
      readonly kind: "field";
      readonly variable: string | undefined;
      readonly fields: readonly string[];
      readonly attached: boolean;
    }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "sign"; readonly text: "(" | ")" | "|" | "=" | ":=" | "," };

/** What stands between `{{` and `}}`, comments left out; a brace within a string ends nothing. */
export function templateActions(text: string): string[] {
  const actions: string[] = [];
  for (let from = text.indexOf("{{"); from !== -1; ) {
    const inner = from + 2;
    const isComment = /^-?\s*\/\*/.test(text.slice(inner, inner + 20));
    const end = isComment ? endOfComment(text, inner) : endOfAction(text, inner);
    if (end === undefined) break;
    if (!isComment)
      actions.push(
        text
          .slice(inner, end)
          .replace(/^-(?=\s)/, "")
          .replace(/\s-$/, "")
          .trim(),
      );
    from = text.indexOf("{{", end);
  }
  return actions;
}

export function endOfComment(text: string, from: number): number | undefined {
  const end = text.indexOf("*/", from);
  return end === -1 ? undefined : end + 2;
}

export function endOfAction(text: string, from: number): number | undefined {
  let quote = "";
  for (let i = from; i < text.length; i++) {
    const character = text[i] ?? "";
    if (quote !== "") {
      if (character === "\\" && quote !== "`") i += 1;
      else if (character === quote) quote = "";
    } else if (`"'\``.includes(character)) quote = character;
    else if (character === "}" && text[i + 1] === "}") return i;
  }
  return undefined;
}

const token =
  /("(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*')|(\$\w*)?((?:\.\w+)+)|(\$\w*)|(\.)|(:=|[()|=,])|([^\s()|=,"`'.$]+)/g;

export function templateTokens(action: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const found of action.matchAll(token)) {
    const [, string, owner, chain, variable, dot, sign, word] = found;
    const last = tokens.at(-1);
    const attached = found.index === end && last?.kind === "sign" && last.text === ")";
    if (string !== undefined) tokens.push({ kind: "string", text: string.slice(1, -1) });
    else if (chain !== undefined)
      tokens.push({ kind: "field", variable: owner, fields: chain.slice(1).split("."), attached });
    else if (variable !== undefined) tokens.push({ kind: "field", variable, fields: [], attached: false });
    else if (dot !== undefined)
      tokens.push({ kind: "field", variable: undefined, fields: [], attached: false });
    else if (sign !== undefined)
      tokens.push({ kind: "sign", text: sign as Extract<Token, { kind: "sign" }>["text"] });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    end = found.index + found[0].length;
  }
  return tokens;
}
