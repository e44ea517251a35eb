/** Names that a target wants in a form of its own: identifiers of Terraform and CloudFormation, names of Kubernetes objects, of files. */
import { shortHash } from '../core/arn/names.ts';

/** How names of a target may look. */
export interface Shape {
  /** Characters that a name may not have; each run of them becomes `by`. */
  readonly not: RegExp;
  readonly by: string;
  /** What a name must begin with; {@link Shape.begin} is put before one that does not. */
  readonly first: RegExp;
  readonly begin: string;
  readonly lower?: true;
  readonly longest: number;
}

/** Name of a Kubernetes object, and of a file (Kubernetes, "Object Names and IDs", RFC 1123 label). */
export const OBJECT_NAME: Shape = {
  not: /[^a-z0-9]+/g,
  by: '-',
  first: /^[a-z0-9]/,
  begin: 'x',
  lower: true,
  longest: 63,
};
/** Name of a resource in HCL (Terraform language, "Identifiers"). */
export const HCL_NAME: Shape = { not: /[^A-Za-z0-9_]+/g, by: '_', first: /^[A-Za-z_]/, begin: '_', longest: 200 };
/** Logical id in a CloudFormation template: alphanumeric (CloudFormation User Guide, "Resources"). */
export const LOGICAL_ID: Shape = { not: /[^A-Za-z0-9]+/g, by: '', first: /^[A-Za-z]/, begin: 'X', longest: 200 };

function shaped(key: string, { not, by, first, begin, lower, longest }: Shape): string {
  const name = (lower === true ? key.toLowerCase() : key).replaceAll(not, by);
  const begun = first.test(name) ? name : `${begin}${name}`;
  const ends = by === '-' ? begun.replace(/-+$/, '') : begun;
  return ends.length <= longest ? ends : ends.slice(0, longest);
}

/**
 * A name for each key, in a form that the target takes: no two are the same, also without regard to upper and lower case, and the
 * same keys get the same names in any order. A key that had to be cut, or that another comes to as well, ends in a hash of itself.
 */
export function namesFor(keys: Iterable<string>, shape: Shape): ReadonlyMap<string, string> {
  const plain = new Map([...new Set(keys)].map((key) => [key, shaped(key, shape)] as const));
  const times = new Map<string, number>();
  for (const name of plain.values()) times.set(name.toLowerCase(), (times.get(name.toLowerCase()) ?? 0) + 1);
  return new Map(
    [...plain].map(([key, name]) => {
      if (times.get(name.toLowerCase()) === 1 && name.length < shape.longest) return [key, name];
      const hash = shortHash(key);
      return [key, `${shaped(key, { ...shape, longest: shape.longest - hash.length - 1 })}${shape.by}${hash}`];
    }),
  );
}

/** Words of lower-case letters and digits between single dashes: a name that joins them is of no other such key. */
const WORDS = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * A name that depends on its key alone, whatever other keys there are: engines that know their things by such a name destroy a thing
 * and make it anew where its name becomes another.
 *
 * A key of plain words that is not too long keeps them, with {@link Shape.by} between them; any other key, or all where nothing stands between words, ends
 * in a hash of itself.
 */
export function lastingName(key: string, shape: Shape): string {
  if (WORDS.test(key) && key.length <= shape.longest && shape.by !== '') return key.replaceAll('-', shape.by);
  const hash = shortHash(key);
  return `${shaped(key.toLowerCase(), { ...shape, longest: shape.longest - hash.length - 1 })}${shape.by}${hash}`;
}
