import { HOLE } from './node.ts';

/** How directives begin and end. */
const CLOSERS: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '{#': '#}' };
/** What is longer between two brackets is no directive; UTF-16 code units. */
const LONGEST = 4000;
/** Marks that only Helm, Go templates and Jinja have (`{{<` is deployKF's); `{{ name }}` alone may as well be a placeholder that was forgotten. */
const ENGINE =
  /\{%|\{\{[-<%]|-\}\}|\{\{\s*[.$]|\{\{\s*(?:if|else|end|range|with|define|include|template|tpl|toYaml|printf|quote|lookup)\b/;

/** Endings of templates of Terraform, Go, Jinja and envsubst, as a part of an expression. */
export const TEMPLATE_ENDINGS = 'tpl|tftpl|tmpl|gotmpl|j2|jinja2?';

/** Whether the text is a template of Helm or Jinja: whole parts may appear or vanish when it is rendered. */
export const isTemplate = (text: string): boolean =>
  text.includes('{{') || text.includes('{%') ? ENGINE.test(text) : false;

/**
 * The text with every template directive masked, character for character, so that offsets stay: lines that are nothing but
 * directives become blank, a directive inside a value becomes HOLE.
 */
export function maskTemplates(text: string): string {
  if (!text.includes('{{') && !text.includes('{%')) return text;
  // By hand and not by one expression: that would look 4,000 characters ahead for each bracket that is never closed.
  const opener = /\{[{%#]/g;
  const nextCloser = new Map<string, number>();
  let masked = '';
  let done = 0;
  for (let match = opener.exec(text); match; match = opener.exec(text)) {
    const closer = CLOSERS[match[0]] ?? '';
    const from = match.index + 2;
    let end = nextCloser.get(closer) ?? 0;
    if (end >= 0 && end < from) nextCloser.set(closer, (end = text.indexOf(closer, from)));
    if (end < 0 || end - from > LONGEST) {
      opener.lastIndex = match.index + 1;
      continue;
    }
    masked += text.slice(done, match.index) + text.slice(match.index, end + 2).replace(/[^\r\n]/g, HOLE);
    opener.lastIndex = done = end + 2;
  }
  masked += text.slice(done);
  return masked.replace(/^[ \t\uE000]+(?=\r?$)/gm, (line) => (line.includes(HOLE) ? ' '.repeat(line.length) : line));
}

/** `${Name}` of a CloudFormation `!Sub`, masked in the same way. */
export const maskSubstitutions = (text: string): string =>
  text.replace(/\$\{[^}]*\}/g, (part) => HOLE.repeat(part.length));
