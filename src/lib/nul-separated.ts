/**
 * Splits the output of a program that ends each item with a NUL. A name on Linux can hold every other character, line
 * breaks included, so that output with names is read in no other form. An item whose NUL is missing was cut short and
 * is left out.
 */
export function splitNul(output: string): string[] {
  return output.split("\0").slice(0, -1);
}
