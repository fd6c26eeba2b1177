/** What an element can contain; undefined and false are left out. */
export type Content = Node | string | number | undefined | false;

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Returns an element with attributes and content. Text is only ever set as text, since most of it is foreign. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, content);
}

/** Returns an element of SVG with attributes and content. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...content: readonly Content[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, content);
}

function fill<E extends Element>(element: E, attributes: Attributes, content: readonly Content[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  element.append(...content.filter((item) => item !== undefined && item !== false).map(toNode));
  return element;
}

function toNode(item: Content): Node {
  return item instanceof Node ? item : document.createTextNode(String(item));
}

/** Returns a section of the page with its heading; the navigation lists it. */
export function makeSection(id: string, title: string, ...content: readonly Content[]): HTMLElement {
  return make(
    "section",
    { id, "aria-labelledby": `${id}-title`, class: "part" },
    make("h2", { id: `${id}-title` }, title),
    ...content,
  );
}

export interface TableInput {
  /** Read out by a screen reader; not shown. */
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Content[])[];
  /** Indexes of columns with numbers, which are aligned to the right. */
  readonly numeric?: readonly number[];
  readonly className?: string;
}

/** Returns a table whose first column has the names of the rows. It scrolls sideways by itself if it is too wide. */
export function makeTable({ caption, columns, rows, numeric = [], className }: TableInput): HTMLElement {
  const classOf = (index: number) => (numeric.includes(index) ? "number" : undefined);
  return makeScrollable(
    caption,
    make(
      "table",
      { class: className },
      make("caption", { class: "hidden" }, caption),
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          ...columns.map((column, index) => make("th", { scope: "col", class: classOf(index) }, column)),
        ),
      ),
      make(
        "tbody",
        {},
        ...rows.map((cells) =>
          make(
            "tr",
            {},
            ...cells.map((cell, index) =>
              index === 0 ? make("th", { scope: "row" }, cell) : make("td", { class: classOf(index) }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Returns a region that scrolls sideways, also with the keyboard. */
export function makeScrollable(label: string, ...content: readonly Content[]): HTMLElement {
  return make("div", { class: "scroll", role: "group", tabindex: 0, "aria-label": label }, ...content);
}

/** Returns content that is folded away below a line of text. */
export function makeFolded(
  summary: Content,
  { open = false, className = "" }: { readonly open?: boolean; readonly className?: string },
  ...content: readonly Content[]
): HTMLDetailsElement {
  return make(
    "details",
    { open, class: `folded ${className}`.trim() },
    make("summary", {}, summary),
    ...content,
  );
}

/** Returns a list of terms and their values. */
export function makeFacts(facts: readonly (readonly [string, Content])[]): HTMLElement {
  return make(
    "dl",
    { class: "facts" },
    ...facts.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
  );
}

/** Returns a text as code. */
export function makeCode(text: string): HTMLElement {
  return make("code", {}, text);
}
