/** How long a hover or a menu waits for what has to be read first, in milliseconds. */
const PATIENCE = 1_000;

/** What a promise gives, if it does so soon; undefined: not yet, or it failed. */
export async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), PATIENCE)));
  try {
    return await Promise.race([answer, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
