/** Which labels a selector means, and labels that it would mean. Source: Kubernetes API reference, LabelSelector. */
import type { Selector } from '../observation.ts';

type Labels = Readonly<Record<string, string>>;

const valueIn = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Whether a selector means what has these labels; an empty one means everything. An operator that is not known means nothing. */
export function selects({ matchLabels, matchExpressions }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => valueIn(labels, key) === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = valueIn(labels, key);
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

/** The labels with those besides that a selector wants; undefined: it cannot be had. */
export function labelsFor(selector: Selector, labels: Labels): Labels | undefined {
  const wanted = Object.fromEntries([
    ...selector.matchExpressions.flatMap(({ key, operator, values }): (readonly [string, string])[] =>
      operator === 'In' ? [[key, values[0] ?? '']] : operator === 'Exists' ? [[key, 'true']] : [],
    ),
    ...Object.entries(selector.matchLabels),
  ]);
  const all = { ...labels, ...wanted };
  return selects(selector, all) ? all : undefined;
}
