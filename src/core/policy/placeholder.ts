import { HOLE } from '../document/node.ts';
import { type Beside, fillingOf } from './filling.ts';

/** Text that someone or something was to replace, from `start` to `end` of a string. */
export interface Placeholder {
  readonly start: number;
  readonly end: number;
  /** The name in it: `S3_BUCKET` of `${S3_BUCKET}`. */
  readonly name: string;
}

/**
 * Each way in which a shell (`${URL#https://}` too), a template or a guide marks what is to be filled in. Not `${aws:username}` and
 * the other policy variables of IAM, which have a colon, nor `${*}`, `${?}` and `${$}`; not `_$folder$`, which EMR writes into
 * object keys, nor `{{resolve:…}}`, which CloudFormation fills in from the parameter store and its like, nor what AWS itself names
 * with a dollar: versions of launch templates and functions, topics of IoT, routes of API Gateway.
 */
const PLACEHOLDER = new RegExp(
  [
    /\$\{(?<brace>\w[^{}:]*|\w+(?::[-=?+]|[#%/^,])[^{}]*|\s[^{}:]*\s)\}/,
    /\$\((?<command>[^()]*)\)/,
    /\$(?!(?:DEFAULT|LATEST)\b)(?<shell>[A-Z_][A-Z0-9_]+)\b/,
    /(?<![\w$])\$(?!(?:default|connect|disconnect|aws|share|latest)\b)(?<lower>[a-z]\w+)\b(?!\$)/,
    /<{1,2} ?(?<angle>[A-Za-z_](?:[\w ./-]*[\w.-])?) ?>{1,2}/,
    /\{{2,3}(?!resolve:)(?<template>[^{}]*)\}{2,3}/,
    /%\{(?<percent>[^{}]+)\}|%\((?<python>\w+)\)s|(?<!%)%(?<printf>(?:\d\$)?[sdvq])(?![\w%])/,
    /(?<![${])\{ ?(?<curly>[A-Za-z_][\w .-]*[\w.-]) ?\}(?!\})/,
    /\[(?<square>[A-Z][A-Z0-9_ -]*[A-Z0-9]|[a-z]+(?:[-_ ][a-z0-9]+)+)\]/,
    /@@?(?<at>[A-Za-z_][\w.-]*)@@?(?![\w.])/,
    /(?<![A-Za-z0-9_])__(?<dunder>[A-Za-z][A-Za-z0-9_.-]*?)__(?![A-Za-z0-9_])/,
    /\b(?<your>YOUR[-_][A-Z][A-Z_-]*)\b/,
    /\b(?<me>(?:REPLACE|CHANGE|FILL|INSERT)(?:[-_]?(?:ME|THIS|WITH|HERE)(?:[-_][A-Z]+)*|[-_][A-Z][A-Z_-]+)|(?:replace|change)[-_]?me)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** The placeholders that were left in a text, in order. */
export function placeholdersIn(text: string): Placeholder[] {
  if (!/[$<{[%@]|__|YOUR|REPLACE|CHANGE|FILL|INSERT|me\b/.test(text)) return [];
  return [...text.matchAll(PLACEHOLDER)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    name: (Object.values(match.groups ?? {}).find((group) => group !== undefined) ?? '').trim(),
  }));
}

/** What is known of a placeholder that nothing replaced: undefined where something is seen that will. */
export interface Left {
  readonly severity: 'error' | 'warning';
  /** What is said behind the rule's own words; begins with a blank, or is empty. */
  readonly tail: string;
}

/** What is judged beside the text itself. */
export interface FillingContext {
  /** A document as it is in the cluster or account: nothing fills it in any more. */
  readonly live?: boolean;
  /** The file it stands in, and the files beside it that may say who fills it in. */
  readonly filling?: { readonly file: Beside; readonly beside: readonly Beside[] };
}

/**
 * How a placeholder is judged, in every format alike: a warning, because a tool may fill it in before the file is used; nothing where
 * one is seen to; an error only in live documents.
 */
export function leftOver(placeholder: string, { live, filling }: FillingContext): Left | undefined {
  if (live === true) return { severity: 'error', tail: '' };
  if (filling === undefined)
    return { severity: 'warning', tail: ' Ignore this if a tool fills it in before the file is used.' };
  const by = fillingOf(filling.file, placeholder, filling.beside);
  if (by === undefined)
    return {
      severity: 'warning',
      tail:
        filling.beside.length > 0
          ? ' No file beside this one is seen to fill it in.'
          : ' Ignore this if a tool fills it in before the file is used.',
    };
  const name = /^[\w-]+$/.exec(placeholdersIn(placeholder)[0]?.name ?? '')?.[0];
  if (by.names === undefined || name === undefined || by.names.has(name)) return undefined;
  return { severity: 'warning', tail: ` This file is filled in by ${by.by}, which gives no value for it.` };
}

/** A dynamic reference of CloudFormation, which it fills in itself. */
export const isDynamicReference = (text: string): boolean => text.startsWith('{{resolve:');

/** The text with every placeholder replaced: by its value where that is known, else by a hole. */
export function fillIn(text: string, variables: Readonly<Record<string, string>> = {}): string {
  let result = '';
  let from = 0;
  for (const { start, end, name } of placeholdersIn(text)) {
    result += text.slice(from, start) + (Object.hasOwn(variables, name) ? (variables[name] ?? HOLE) : HOLE);
    from = end;
  }
  return result + text.slice(from);
}

/** Whether a text is nothing but a placeholder. */
export function isPlaceholder(text: string): boolean {
  const [first] = placeholdersIn(text);
  return first !== undefined && first.end - first.start === text.length;
}
