import { HOLE } from '../document/node.ts';

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

/** What stands in every placeholder. */
const MARK = /[$<{[%@]|__|YOUR|REPLACE|CHANGE|FILL|INSERT|me\b/;
const ANY = new RegExp(PLACEHOLDER.source);

/** Whether any was left in a text. */
export const holdsPlaceholder = (text: string): boolean => MARK.test(text) && ANY.test(text);

/** The placeholders that were left in a text, in order. */
export function placeholdersIn(text: string): Placeholder[] {
  if (!MARK.test(text)) return [];
  return [...text.matchAll(PLACEHOLDER)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    name: (Object.values(match.groups ?? {}).find((group) => group !== undefined) ?? '').trim(),
  }));
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

/** Whether a text, or a part of it, is to be filled in: what it will be is not known. */
export const isFilledIn = (text: string): boolean => text.includes(HOLE) || placeholdersIn(text).length > 0;
