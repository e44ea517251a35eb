/** Text from outside in what a terminal or a log of CI is given, which obey what they read. Pure. */

/** Control and format characters, line ends among them: a terminal, a log of CI or a reader of text would obey them. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** What begins a command of a CI service anywhere in a line (`##[group]`, `##vso[`, `##teamcity[`). */
const COMMAND = /##(?=\w*\[)/g;

/**
 * Text from a file, or its name, as a part of one line for a terminal or a log: control and format characters are shown as
 * escapes, and nothing in it begins a command of a CI service.
 */
export const visible = (text: string): string =>
  text
    .replace(OBEYED, (one) => ESCAPES[one] ?? `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(COMMAND, '# #');
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** JSON that means the same and holds none of those characters, except line ends between its values. */
export const visibleJson = (json: string): string =>
  json
    .replace(OBEYED, (one) =>
      one === '\n' ? one : Array.from({ length: one.length }, (_, i) => unicode(one.charCodeAt(i))).join(''),
    )
    .replace(COMMAND, '#\\u0023');
const unicode = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
