/** The parts of the doctor's check list in the order in which they are looked at, and how they are called. */
export const PARTS = {
  surroundings: 'the surroundings',
  provider: 'the OIDC provider',
  profile: 'the Profile',
  controller: 'the profile controller',
  'service-account': 'the service account',
  role: 'the role',
  trust: 'the trust policy',
  permissions: 'the permissions',
  'pod-identity': 'Pod Identity',
  pods: 'the pods',
  artifacts: 'where artifacts go',
} as const;

export type CheckId = keyof typeof PARTS;
export const CHECK_IDS = Object.keys(PARTS) as readonly CheckId[];

/** What was named, with commas between: `--only trust,KP-030`. */
export const wordsOf = (text: string): readonly string[] => text.split(',').map((word) => word.trim());

/** What is wrong with a choice of parts and ids, as far as the form tells; undefined if nothing. */
export function wordsProblem(text: string): string | undefined {
  const strange = wordsOf(text).find((word) => !Object.hasOwn(PARTS, word) && !/^[A-Z]+-[A-Z0-9-]+$/.test(word));
  return strange === undefined
    ? undefined
    : `name a part of the list (${CHECK_IDS.join(', ')}) or an id such as KP-030.`;
}
