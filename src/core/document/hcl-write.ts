/** How data is written in HCL: what an edit puts into a file of Terraform. */
import type { Json } from './node.ts';

/** A name that HCL takes without quotes. */
const WORD = /^[A-Za-z_][\w-]*$/;
export const isWord = (text: string): boolean => WORD.test(text);
export const hclKey = (key: string): string => (isWord(key) ? key : hcl(key, undefined, ''));
/** A text in which nothing is an expression, as HCL and the strings of `.tf.json` have it. */
export const escapeTemplate = (text: string): string => text.replace(/[$%]\{/g, (mark) => `${mark.charAt(0)}${mark}`);

/** An expression of HCL, over several lines where `indent` is given. */
export function hcl(value: Json, indent: string | undefined, unit: string): string {
  if (typeof value === 'string') return escapeTemplate(JSON.stringify(value));
  if (isList(value)) return `[${value.map((one) => hcl(one, undefined, '')).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (indent === undefined || entries.length === 0)
    return `{ ${entries.map(([key, inner]) => `${hclKey(key)} = ${hcl(inner, undefined, '')}`).join(', ')} }`;
  const lines = entries.map(([key, inner]) => `${indent}${unit}${hclKey(key)} = ${hcl(inner, indent + unit, unit)}`);
  return `{\n${lines.join('\n')}\n${indent}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
