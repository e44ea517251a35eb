import { HOLE } from './node.ts';

const DIRECTIVE = /\{\{[^]{0,4000}?\}\}|\{%[^]{0,4000}?%\}|\{#[^]{0,4000}?#\}/g;
/** Marks that only Helm, Go templates and Jinja have; `{{ name }}` alone may as well be a placeholder that was forgotten. */
const ENGINE =
  /\{%|\{\{-|-\}\}|\{\{\s*[.$]|\{\{\s*(?:if|else|end|range|with|define|include|template|tpl|toYaml|printf|quote|lookup)\b/;

/** Whether the text is a template of Helm or Jinja: whole parts may appear or vanish when it is rendered. */
export const isTemplate = (text: string): boolean =>
  text.includes('{{') || text.includes('{%') ? ENGINE.test(text) : false;

/**
 * The text with every template directive masked, character for character, so that offsets stay: lines that are nothing but
 * directives become blank, a directive inside a value becomes HOLE.
 */
export function maskTemplates(text: string): string {
  if (!text.includes('{{') && !text.includes('{%')) return text;
  const masked = text.replace(DIRECTIVE, (part) => part.replace(/[^\r\n]/g, HOLE));
  return masked.replace(/^[ \t\uE000]*\uE000[ \t\uE000]*(?=\r?$)/gm, (line) => ' '.repeat(line.length));
}

/** `${Name}` of a CloudFormation `!Sub`, masked in the same way. */
export const maskSubstitutions = (text: string): string =>
  text.replace(/\$\{[^}]*\}/g, (part) => HOLE.repeat(part.length));
