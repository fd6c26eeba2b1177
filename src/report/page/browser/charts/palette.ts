/** Colours of lines that people with a colour vision deficiency can distinguish, with a contrast of at least 3:1. */
const lines = {
  light: ["#0b62d6", "#b45309", "#0f766e", "#a21caf", "#4d7c0f", "#be123c", "#4338ca", "#57534e"],
  dark: ["#6ea8ff", "#f5a524", "#2dd4bf", "#e879f9", "#a3e635", "#fb7185", "#a5b4fc", "#d6d3d1"],
} as const;

const inks = {
  light: { text: "#57606a", grid: "#e4e7eb", limit: "#c5221f", request: "#57606a" },
  dark: { text: "#9aa4b0", grid: "#2a313a", limit: "#ff8178", request: "#9aa4b0" },
} as const;

/** Dashes of lines after each round of colours, so that no two of the first 24 lines look the same. */
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3]];

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
let isPrinting = false;

/** Returns the name of the colours to draw with: paper is always light. */
export function getScheme(): "light" | "dark" {
  return darkQuery.matches && !isPrinting ? "dark" : "light";
}

export function getInk(): (typeof inks)["light" | "dark"] {
  return inks[getScheme()];
}

/** Returns the colour and the dash of a line by its place in the chart. */
export function getStroke(index: number): { readonly color: string; readonly dash: readonly number[] } {
  const colors = lines[getScheme()];
  return {
    color: colors[index % colors.length] ?? colors[0],
    dash: dashes[Math.floor(index / colors.length) % dashes.length] ?? [],
  };
}

/** Calls `redraw` when the colours change: with the system's scheme, and before and after printing. */
export function onSchemeChange(redraw: () => void): void {
  darkQuery.addEventListener("change", redraw);
}

export function setPrinting(printing: boolean): void {
  isPrinting = printing;
}

/** Grafana's names of colours, as thresholds have them. A mark has this colour; text never does. */
const named: Readonly<Record<string, string>> = {
  green: "#2f9e44",
  yellow: "#c99700",
  orange: "#d9730d",
  red: "#d6322d",
  blue: "#2f6fd6",
  purple: "#8f3bb8",
  text: "#8a94a0",
  transparent: "#8a94a0",
};

/** Returns a colour of a dashboard that is safe to use; undefined if it is none. */
export function toColor(name: string): string | undefined {
  if (/^#[0-9a-f]{3,8}$/i.test(name)) return name;
  const base = name.replace(/^(super-light|semi-dark|light|dark)-/, "");
  return Object.hasOwn(named, base) ? named[base] : undefined;
}
