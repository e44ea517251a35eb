/** The state of a role, a bucket, a provider, a profile or a service account, in sentences. Pure. */
import type { Judgement } from '../core/modes/live.ts';
import { trustWords } from '../core/modes/trust/live.ts';
import { failureMode } from '../core/modes/table.ts';
import type { BareRole, Bucket, OidcProvider, ServiceAccount } from '../core/observation.ts';
import type { ClusterName } from '../core/policy/access-words.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import type { Place } from '../core/policy/rights.ts';
import { saying } from '../core/phrase.ts';
import { ROLE_ANNOTATION } from '../core/profile/names.ts';
import type { Reading } from '../core/reading.ts';

/** Names and lines that are shown; the rest is counted. */
const MOST = 5;

/** "May not be read" is not "missing". */
const unread = (reading: Reading<unknown>): readonly string[] =>
  reading.state === 'denied'
    ? [`You are not permitted to read it (${reading.permission}): whether it exists is not known.`]
    : reading.state === 'failed'
      ? [`It could not be read: ${reading.reason}`]
      : [];

/** A profile on a cluster, as people speak of it. */
export const onCluster = (profile: string, where: string): string => `${profile} on ${where}`;

const some = (texts: readonly string[]): string =>
  texts.length > MOST ? `${texts.slice(0, MOST).join(', ')} and ${texts.length - MOST} more` : texts.join(', ');

/** At most so many lines. */
const most = (lines: readonly string[]): readonly string[] =>
  lines.length > MOST ? [...lines.slice(0, MOST), `… and ${lines.length - MOST} more clusters`] : lines;

/**
 * @param users profiles that name the role, as {@link onCluster} names them; undefined: profiles are not known
 * @param cluster how a cluster is called that the tree shows
 */
export function roleWords(
  arn: string,
  reading: Reading<BareRole>,
  users: readonly string[] | undefined,
  cluster: ClusterName,
): readonly string[] {
  const state =
    reading.state === 'absent'
      ? ['There is no such role: AWS refuses every token for it.']
      : reading.state !== 'found'
        ? unread(reading)
        : reading.value.arn === arn
          ? [`It exists; ${trustWords(reading.value.trustPolicy, cluster)}.`]
          : [`The role of this name has another ARN, ${reading.value.arn}: AWS refuses this one.`];
  if (users === undefined) return state;
  return [
    ...state,
    users.length === 0 ? 'No profile that is shown in the tree names it.' : `Named by profile ${some(users)}.`,
  ];
}

export function bucketWords(reading: Reading<Bucket>): readonly string[] {
  if (reading.state === 'absent') return ['There is no bucket of this name.'];
  if (reading.state !== 'found') return unread(reading);
  const { region, accessible } = reading.value;
  return [`It exists, in ${region}${accessible ? '' : '; you are not permitted to use it'}.`];
}

/** What a role may do at a place. */
export const placeWords = ({ answer }: Place): string =>
  answer === 'yes'
    ? 'the role may write here'
    : 'the role may write here if a condition, or a policy that was not read, lets it';

/** @param cluster the cluster with this issuer, if one that is shown has it */
export function providerWords(reading: Reading<OidcProvider>, cluster: string | undefined): readonly string[] {
  const whose = cluster === undefined ? 'No cluster that is shown in the tree has this issuer.' : '';
  const cannot = 'AWS accepts no token of the cluster.';
  const state =
    reading.state === 'absent'
      ? [`The account has no such provider: ${cannot}`]
      : reading.state !== 'found'
        ? unread(reading)
        : [
            `It exists${cluster === undefined ? '' : `, for cluster ${cluster}`}.`,
            ...(reading.value.clientIds.includes(AUDIENCE)
              ? []
              : [`It does not accept the audience ${AUDIENCE}: ${cannot}`]),
          ];
  return [...state, whose].filter((line) => line !== '');
}

/** The state of a profile on each cluster that has it. */
export function profileWords(
  name: string,
  there: readonly { readonly where: string; readonly judgement: Judgement }[],
): readonly string[] {
  if (there.length === 0) return [`No cluster that is open in the tree has a profile ${name}.`];
  return most(
    there.map(({ where, judgement: { words, problems } }) => {
      const ids = [...new Set(problems.map(({ id }) => id))].map((id) => `${id} ${failureMode(id).title}`);
      return `On ${where}: ${saying(words)}${ids.length === 0 ? '' : ` (${some(ids)})`}.`;
    }),
  );
}

/** A service account of one cluster. */
export interface Account {
  readonly where: string;
  readonly reading: Reading<ServiceAccount>;
  /** Whether its namespace is there; undefined: not known. */
  readonly namespace: boolean | undefined;
}

export const accountWords = (namespace: string, name: string, accounts: readonly Account[]): readonly string[] =>
  most(
    accounts.map(({ where, reading, namespace: there }) => {
      switch (reading.state) {
        case 'found': {
          const role = reading.value.annotations[ROLE_ANNOTATION];
          return `On ${where}: it exists, ${role === undefined || role === '' ? 'without a role' : `with role ${role}`}.`;
        }
        case 'absent':
          return there === false
            ? `On ${where}: there is no namespace ${namespace}.`
            : there === true
              ? `On ${where}: namespace ${namespace} has no service account ${name}.`
              : `On ${where}: there is no namespace ${namespace}, or nothing is in it.`;
        default:
          return `On ${where}: ${unread(reading).join(' ')}`;
      }
    }),
  );
