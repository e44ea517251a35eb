/**
 * What `load` makes, made once, when it is first asked for. A load that failed is not kept: who asks next tries again. `made`: what
 * is made or being made, without asking for it.
 */
export function lazy<T>(load: () => Promise<T>): (() => Promise<T>) & { readonly made: () => Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  const ask = (): Promise<T> => {
    if (made !== undefined) return made;
    const loading = (made = load());
    loading.catch(() => {
      if (made === loading) made = undefined;
    });
    return loading;
  };
  return Object.assign(ask, { made: () => made });
}
