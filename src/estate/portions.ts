/** How long work on many rows may hold up the extension host at a time, in milliseconds. */
const PORTION = 8;
/** How many may start in one portion: those that wait are let go together, before the first of them takes any time. */
const TOGETHER = 100;

/**
 * Turns for work on many things. Resolves at once while the present portion lasts, then only after the event loop went round:
 * whatever else waits comes in between, also where thousands ask in the same moment.
 */
export function portions(length = PORTION, together = TOGETHER): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let until = 0;
  let left = 0;
  const begin = (): void => {
    const now = waiting.splice(0, together);
    until = performance.now() + length;
    left = together - now.length;
    for (const go of now) go();
    if (waiting.length > 0) setImmediate(begin);
  };
  return async () => {
    // Where somebody waits nothing is left.
    if (left > 0 && performance.now() < until) {
      left--;
      return;
    }
    await new Promise<void>((go) => {
      if (waiting.push(go) === 1) setImmediate(begin);
    });
  };
}
