/** A short text with its values apart, so that who shows it may say it in the language of the person. Findings and plans are English. */
export type Phrase = readonly [text: string, ...values: (string | number | Phrase)[]];

/**
 * @param text English, with `{0}` where the first value stands; always a literal, which scripts/l10n.ts finds for translators
 * @param values names and numbers, which are not translated, or phrases, which are
 */
export const phrase = (text: string, ...values: (string | number | Phrase)[]): Phrase => [text, ...values];

/** Says a text with its values: in English, or as `l10n.t` of VS Code does. */
export type Say = (text: string, ...values: (string | number)[]) => string;

/** The phrase as `say` says it. */
export function saying([text, ...values]: Phrase, say: Say = inEnglish): string {
  return say(text, ...values.map((value) => (typeof value === 'object' ? saying(value, say) : value)));
}

export const inEnglish: Say = (text, ...values) =>
  text.replace(/\{(\d+)\}/g, (hole, at: string) => String(values[Number(at)] ?? hole));
