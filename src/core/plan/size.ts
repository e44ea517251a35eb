/** How much lies below a prefix, in words. */
import type { PrefixData } from '../observation.ts';

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size for people, in powers of 1000. */
export function bytesWords(bytes: number): string {
  let [number, power] = [bytes, 0];
  // What would be rounded to 1000 is one of the next unit.
  for (; number >= 999.5 && power < UNITS.length - 1; power++) number /= 1_000;
  return `${power === 0 || number >= 99.95 ? Math.round(number) : number.toFixed(1)} ${UNITS[power] ?? ''}`;
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

/** How much lies below a prefix: "1,234 objects (5.3 GB)". */
export function sizeWords({ objects, versions, markers, bytes, uploads, more }: PrefixData): string {
  const parts = [
    count(objects, 'object'),
    ...(versions > 0 ? [count(versions, 'older version')] : []),
    ...(markers > 0 ? [`${count(markers, 'mark')} of deletion`] : []),
    ...(uploads > 0 ? [`${count(uploads, 'upload')} in parts`] : []),
  ];
  return `${more === true ? 'More than ' : ''}${parts.join(', ')} (${more === true ? 'more than ' : ''}${bytesWords(bytes)})`;
}
