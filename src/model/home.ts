import type { Component } from "../config/resources.ts";
import { bringsComponent, homeOf } from "./chart-keys.ts";
import type { RenderedApp } from "./rendered-app.ts";

/**
 * The apps, the one that brings the stack's own component first, without those that bring others beside it: what is in
 * these is not the stack's.
 */
export function homeFirst(component: Component, rendered: readonly RenderedApp[]): RenderedApp[] {
  const home = homeOf(
    component,
    rendered.map(({ app }) => app),
  );
  return rendered
    .filter(({ app }) => app === home || !bringsComponent(component, app))
    .toSorted((a, b) => Number(b.app === home) - Number(a.app === home));
}
