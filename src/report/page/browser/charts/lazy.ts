/** What is not drawn yet, by its place in the page. */
const waiting = new Map<Element, () => void>();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) draw(target);
  },
  // A screen ahead, so that whoever scrolls sees no empty frames.
  { rootMargin: "800px 0px" },
);

/** Calls `work` when the element comes near the visible part of the page, or before the page is printed. */
export function drawWhenSeen(element: Element, work: () => void): void {
  waiting.set(element, work);
  observer.observe(element);
}

/** Draws everything that still waits, also what becomes visible by that. */
export function drawAll(): void {
  while (waiting.size > 0) for (const element of waiting.keys()) draw(element);
}

function draw(element: Element): void {
  const work = waiting.get(element);
  waiting.delete(element);
  observer.unobserve(element);
  work?.();
}
