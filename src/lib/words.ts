/** Whether a text has a name in it as a word of its own: not as a part of a longer name. */
export function hasWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) return true;
  }
  return false;
}

function isPart(char: string | undefined): boolean {
  return char !== undefined && /[\w-]/.test(char);
}
