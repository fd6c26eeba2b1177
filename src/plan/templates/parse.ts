import { endOfAction, endOfComment, type Token, templateTokens } from "./tokens.ts";

/** A part of a Go template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[] }
  | { readonly kind: "define"; readonly name: string; readonly body: readonly TemplateNode[] }
  | {
      readonly kind: "if" | "with" | "range";
      /** In their order; the last one of an `else` has no tokens. */
      readonly branches: readonly {
        readonly tokens: readonly Token[] | undefined;
        readonly body: TemplateNode[];
      }[];
    };

type Part = { readonly text: string } | { readonly tokens: readonly Token[] };

/** A template as a tree; what follows an action that never ends is left out. */
export function templateTree(template: string): TemplateNode[] {
  const parts = partsOf(template);
  let at = 0;
  const read = (): { nodes: TemplateNode[]; end: readonly Token[] } => {
    const nodes: TemplateNode[] = [];
    for (; at < parts.length; ) {
      const part = parts[at++] as Part;
      if ("text" in part) {
        nodes.push({ kind: "text", text: part.text });
        continue;
      }
      const word = wordOf(part.tokens[0]);
      if (word === "end" || word === "else") return { nodes, end: part.tokens };
      if (word === "if" || word === "with" || word === "range") nodes.push(block(word, part.tokens.slice(1)));
      else if (word === "define" || word === "block") {
        const { nodes: body } = read();
        const [, name] = part.tokens;
        nodes.push({ kind: "define", name: name?.kind === "string" ? name.text : "", body });
      } else nodes.push({ kind: "action", tokens: part.tokens });
    }
    return { nodes, end: [] };
  };
  const block = (kind: "if" | "with" | "range", head: readonly Token[]): TemplateNode => {
    const branches: { tokens: readonly Token[] | undefined; body: TemplateNode[] }[] = [];
    for (let tokens: readonly Token[] | undefined = head; ; ) {
      const { nodes: body, end } = read();
      branches.push({ tokens, body });
      if (wordOf(end[0]) !== "else") return { kind, branches };
      tokens = end.length > 1 ? end.slice(2) : undefined;
    }
  };
  const all: TemplateNode[] = [];
  while (at < parts.length) all.push(...read().nodes);
  return all;
}

function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === "word" ? token.text : undefined;
}

/** `{{-` takes the white space before it away, `-}}` that behind it. */
function partsOf(template: string): Part[] {
  const parts: Part[] = [];
  let rest = 0;
  let trims = false;
  for (let from = template.indexOf("{{"); from !== -1; from = template.indexOf("{{", rest)) {
    const isLeft = /^\{\{-\s/.test(template.slice(from, from + 4));
    const inner = from + 2 + (isLeft ? 1 : 0);
    const isComment = /^\s*\/\*/.test(template.slice(inner, inner + 20));
    const comment = isComment ? endOfComment(template, inner) : inner;
    const end = comment === undefined ? undefined : endOfAction(template, comment);
    if (end === undefined) return parts;
    const text = template.slice(rest, from);
    const begun = trims ? text.trimStart() : text;
    parts.push({ text: isLeft ? begun.trimEnd() : begun });
    trims = /\s-$/.test(template.slice(inner, end));
    if (!isComment)
      parts.push({ tokens: templateTokens(template.slice(inner, trims ? end - 1 : end).trim()) });
    rest = end + 2;
  }
  const text = template.slice(rest);
  return [...parts, { text: trims ? text.trimStart() : text }];
}
