/** How many bytes of all that is on its way are held at once. */
export interface Budget {
  /** Says how much an owner holds from now on. Returns false if all of them together hold too much. */
  hold(owner: object, bytes: number): boolean;
  release(owner: object): void;
}

export function createBudget(mostBytes: number): Budget {
  const held = new Map<object, number>();
  let total = 0;
  const set = (owner: object, bytes: number) => {
    total += bytes - (held.get(owner) ?? 0);
    if (bytes === 0) held.delete(owner);
    else held.set(owner, bytes);
  };
  return {
    hold: (owner, bytes) => {
      set(owner, bytes);
      return total <= mostBytes;
    },
    release: (owner) => set(owner, 0),
  };
}
