/** What befalls calls in the fault matrix on real parts. */

/** In which ways a call goes wrong; `lasting`: until somebody resumes, whatever is tried again by itself. */
export const FAULTS = {
  timeout: { connection: 'silent', lasting: true },
  reset: { connection: 'reset', lasting: true },
  '500': { answer: 'error', lasting: true },
  throttled: { answer: 'throttled', lasting: true },
  denied: { answer: 'denied', lasting: true },
  lost: { connection: 'lost', lasting: true },
  'lost once': { connection: 'lost', lasting: false },
  // In a process of its own, which is ended while the call is held.
  'killed before': { hold: 'before', lasting: false },
  'killed after': { hold: 'after', lasting: false },
} as const;
export type FaultName = keyof typeof FAULTS;
