/** Policy variables. Source: IAM User Guide, "Policy variables". */
import type { Facts } from './context.ts';

/**
 * Puts the values of variables in; undefined where that cannot be done, because then nothing matches: a variable that is not in
 * the request, has several values, is empty, nested or not closed; `unknown` where its value is not known.
 */
export function resolve(
  text: string,
  facts: Facts,
  variables: boolean,
): { readonly text: string } | 'unknown' | undefined {
  if (!variables || !text.includes('${')) return { text };
  let [result, from, known] = ['', 0, true];
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', from)) {
    const end = text.indexOf('}', start);
    if (end < 0) return undefined;
    const inner = text.slice(start + 2, end);
    const before = text.slice(from, start);
    // A dollar before a variable is one, whatever the variable's value begins with.
    result += before.endsWith('$') ? `${before}{$}` : before;
    from = end + 1;
    if (inner === '*' || inner === '?' || inner === '$') {
      result += `\${${inner}}`;
      continue;
    }
    const variable = readVariable(inner);
    if (variable === undefined) return undefined;
    const fact = facts(variable.name.toLowerCase());
    if (fact.state === 'is' && fact.values.length === 1) {
      // A value is plain text: its wildcards are none.
      result += (fact.values[0] ?? '').replace(/[*?$]/g, (char) => `\${${char}}`);
    } else if (fact.state === 'absent' && variable.fallback !== undefined) {
      result += variable.fallback.replace(/[*?$]/g, (char) => `\${${char}}`);
    } else if (fact.state === 'absent' || fact.state === 'is') return undefined;
    else known = false;
  }
  return known ? { text: result + text.slice(from) } : 'unknown';
}

/** What stands in `${…}`: `aws:username`, or with a default value `aws:PrincipalTag/team, 'none'`. */
function readVariable(inner: string): { readonly name: string; readonly fallback: string | undefined } | undefined {
  const [, name = '', fallback] = /^([^,${]+)(?:,\s*'([^'${]*)'\s*)?$/.exec(inner) ?? [];
  return name.trim() === '' ? undefined : { name: name.trim(), fallback };
}

/** Whether a text has a variable of whose key nothing is known. */
export const hasUnknownVariable = (text: string, facts: Facts): boolean => resolve(text, facts, true) === 'unknown';
