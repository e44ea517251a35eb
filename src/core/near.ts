/** The word that was meant. Pure. */

/** Longer words are nobody's slip of a key. */
const LONGEST = 64;

/**
 * Keys that are pressed to make one word of another (optimal string alignment: also two letters that changed places); Infinity where
 * they are more than `most`.
 */
export function distance(a: string, b: string, most = Infinity): number {
  // What both begin and end with needs no key.
  let [from, a0, b0] = [0, a.length, b.length];
  while (from < a0 && a[from] === b[from]) from += 1;
  while (a0 > from && b0 > from && a[a0 - 1] === b[b0 - 1]) [a0, b0] = [a0 - 1, b0 - 1];
  const [one, other] = [a.slice(from, a0), b.slice(from, b0)];
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const swapped = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      const keys = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same, swapped);
      row.push(keys);
      least = Math.min(least, keys);
    }
    // What follows gets no less: also what comes of the row before by a swap, as this row has at most one more.
    if (least > most) return Infinity;
    [before, last] = [last, row];
  }
  const keys = last[other.length] ?? 0;
  return keys > most ? Infinity : keys;
}

/** The one of these words that is nearest to a misspelt one, whatever its case; undefined where none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const [low, most] = [word.toLowerCase(), Math.max(1, Math.floor(word.length / 3))];
  const [best] = words
    .map((one) => ({ one, far: distance(low, one.toLowerCase(), most) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far);
  return best?.one;
}

/** A question that names the nearest word, as the end of a sentence: ` Is "x" meant?`, or nothing. */
export function meant(word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  return near === undefined ? '' : ` Is ${JSON.stringify(near)} meant?`;
}
