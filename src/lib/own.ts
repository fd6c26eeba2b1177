/** The value of a key that somebody else chose. `constructor` and the like, which every object has, are not there. */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
