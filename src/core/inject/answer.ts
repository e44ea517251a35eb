/** What an API server answers to a pod that is only tried. Source: kubernetes/apiserver, pkg/admission/plugin/webhook/errors/statuserror.go. */
import type { Pod } from '../observation.ts';
import type { Reading } from '../reading.ts';
import { spoken } from '../text.ts';
import type { TemplateId } from './templates.ts';

export type Answer =
  /** As it would be. */
  | { readonly state: 'made'; readonly pod: Pod }
  /** By a webhook, a quota, a security standard. `uncalled`: the webhook did not answer, and nothing is made without it. */
  | { readonly state: 'rejected'; readonly webhook?: string; readonly uncalled?: true; readonly why: string }
  /** A webhook with side effects: it would have been asked, and may not be for a dry run. */
  | { readonly state: 'no-dry-run'; readonly webhook: string }
  | { readonly state: 'not-permitted'; readonly permission: string }
  | { readonly state: 'failed'; readonly why: string };

/** A pod that was tried. */
export interface Tried {
  readonly template: TemplateId;
  /** The PodDefault that it asked for. */
  readonly podDefault?: string;
  readonly answer: Answer;
}

export function answerOf(reading: Reading<Pod>): Answer {
  if (reading.state === 'found') return { state: 'made', pod: reading.value };
  if (reading.state === 'absent') return { state: 'failed', why: 'there is no such namespace' };
  const message = spoken(reading.state === 'denied' ? reading.message : reading.reason);
  const forbids = /admission webhook "([^"]*)" does not support dry run/.exec(message)?.[1];
  if (forbids !== undefined) return { state: 'no-dry-run', webhook: forbids };
  const denied = /admission webhook "([^"]*)" denied the request(?:: | without explanation)?(.*)$/s.exec(message);
  if (denied) return { state: 'rejected', webhook: denied[1] ?? '', why: denied[2] ?? '' };
  const failed = /failed calling webhook "([^"]*)": (.*)$/s.exec(message);
  if (failed) return { state: 'rejected', webhook: failed[1] ?? '', uncalled: true, why: failed[2] ?? '' };
  if (reading.state === 'failed') return { state: 'failed', why: message };
  // RBAC says what it does not let somebody do; a quota and a security standard say what is too much.
  return /cannot create resource/.test(message)
    ? { state: 'not-permitted', permission: reading.permission }
    : { state: 'rejected', why: message };
}
