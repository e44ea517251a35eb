/**
 * One fact read from outside. "May not read" is never shown as "missing":
 * - `found`: the value;
 * - `absent`: the outside said that there is no such thing;
 * - `denied`: the caller may not read it; `permission` is the IAM action ("iam:GetRole") or the Kubernetes verb and resource
 *   ("get profiles.kubeflow.org");
 * - `failed`: no answer, or one that makes no sense; `reason` is a sentence for people, `code` the outside's own error code.
 */
export type Reading<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'denied'; readonly permission: string; readonly message: string }
  | { readonly state: 'failed'; readonly reason: string; readonly code?: string };

export const found = <T>(value: T): Reading<T> => ({ state: 'found', value });
export const absent: Reading<never> = { state: 'absent' };
export const denied = (permission: string, message: string): Reading<never> => ({
  state: 'denied',
  permission,
  message,
});
export const failed = (reason: string, code?: string): Reading<never> =>
  code === undefined ? { state: 'failed', reason } : { state: 'failed', reason, code };

/** The value of a `found` reading, else undefined. */
export const valueOf = <T>(reading: Reading<T>): T | undefined =>
  reading.state === 'found' ? reading.value : undefined;

/** Why a reading has no value, in a few words; empty where it has one. */
export function reasonOf(reading: Reading<unknown>): string {
  switch (reading.state) {
    case 'denied':
      return `cannot read: ${reading.permission}`;
    case 'failed':
      return reading.reason;
    case 'absent':
      return 'not there';
    case 'found':
      return '';
  }
}
