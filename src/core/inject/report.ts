/** What the pods of a profile get, for people and as data: those that were tried, and those that run. */
import { factWords } from '../modes/live.ts';
import type { FailureModeId } from '../modes/ids.ts';
import { inEnglish, phrase, saying, type Phrase, type Say } from '../phrase.ts';
import type { Reading } from '../reading.ts';
import { spoken } from '../text.ts';
import type { Identity } from './identity.ts';
import { runningStandings, triedStandings, type InjectionView, type Standing, type StateId } from './standing.ts';

/** `pod-default`: a role that a PodDefault gives in place of that of the annotation. */
type Shown = Identity | 'pod-default';

const WORDS: Readonly<Record<Shown, Phrase>> = {
  irsa: phrase('IRSA'),
  'pod-identity': phrase('Pod Identity'),
  'pod-default': phrase('the role of a PodDefault'),
  keys: phrase('static AWS keys'),
  none: phrase('nothing: the role of its node answers, if any'),
};
const UNKNOWN = phrase('not known');

/** One pod as `kubeflow-irsa inject --json` tells it. */
export interface ReportedPod {
  readonly pod: string;
  readonly podDefault?: string;
  readonly identity: Shown | null;
  readonly role?: string;
  readonly region?: string;
  readonly state: StateId;
  readonly why: string;
  readonly id?: FailureModeId;
  /** Secrets and ConfigMaps whose keys all become variables, which are not read. */
  readonly notRead?: readonly string[];
}
export interface InjectionReport {
  readonly pods: readonly ReportedPod[];
  readonly running: readonly ReportedPod[];
  readonly unread: readonly { readonly what: string; readonly permission?: string; readonly reason?: string }[];
}

const FACTS = ['serviceAccount', 'injection', 'pods', 'webhooks', 'podDefaults', 'associations', 'agent'] as const;

/** `now`: milliseconds since 1970. */
export function injectionReport(view: InjectionView, now: number, say: Say = inEnglish): InjectionReport {
  const reported = (one: Standing): ReportedPod => {
    const { state, role, region, podDefault, id, why, unread, name } = one;
    const identity = state === 'pod-default-role' ? 'pod-default' : one.identity;
    return {
      pod: name ?? saying(one.pod, say),
      ...(podDefault === undefined ? {} : { podDefault }),
      identity: identity ?? null,
      ...(role === undefined ? {} : { role: spoken(role) }),
      ...(region === undefined ? {} : { region: spoken(region) }),
      state,
      why: spoken(saying(why, say)),
      ...(id === undefined ? {} : { id }),
      ...(unread === undefined ? {} : { notRead: unread.map(spoken) }),
    };
  };
  return {
    pods: triedStandings(view, now).map(reported),
    running: runningStandings(view).map(reported),
    unread: FACTS.flatMap((fact): InjectionReport['unread'] => {
      const reading: Reading<unknown> | undefined = view[fact];
      const what = saying(factWords(fact), say);
      if (reading?.state === 'denied') return [{ what, permission: reading.permission }];
      return reading?.state === 'failed' ? [{ what, reason: spoken(reading.reason) }] : [];
    }),
  };
}

/** The report as text, a pod with its reason below it. */
export function injectionText({ pods, running, unread }: InjectionReport, say: Say = inEnglish): string {
  const lines = (list: readonly ReportedPod[]): string[] =>
    list.flatMap(({ pod, identity, role, region, why, id, notRead }) => [
      `  ${pod}: ${[saying(identity === null ? UNKNOWN : WORDS[identity], say), role, region].filter(Boolean).join(', ')}`,
      `    ${id === undefined ? '' : `${id} `}${why}`,
      ...(notRead === undefined ? [] : [`    ${say('not read, and may hold more: {0}', notRead.join(', '))}`]),
    ]);
  return [
    ...(pods.length === 0 ? [] : [say('New pods, tried; none was made:'), ...lines(pods), '']),
    say('Pods that run:'),
    ...(running.length === 0 ? [`  ${say('none')}`] : lines(running)),
    ...(unread.length === 0 ? [] : ['']),
    ...unread.map(({ what, permission, reason = '' }) =>
      permission === undefined
        ? say('Not read: {0}: {1}', what, reason)
        : say('Not read: {0}: you may not {1}', what, permission),
    ),
  ].join('\n');
}
