/** The word that was meant. Pure. */

/** Longer words are nobody's slip of a key. */
const LONGEST = 64;

/** Keys that are pressed to make one word of another (optimal string alignment: also two letters that changed places). */
export function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same, swapped));
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

/** The one of these words that is nearest to a misspelt one, whatever its case; undefined where none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const [low, most] = [word.toLowerCase(), Math.max(1, Math.floor(word.length / 3))];
  const [best] = words
    .map((one) => ({ one, far: distance(low, one.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far);
  return best?.one;
}

/** A question that names the nearest word, as the end of a sentence: ` Is "x" meant?`, or nothing. */
export function meant(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === undefined ? '' : ` Is ${JSON.stringify(near)} meant?`;
}
