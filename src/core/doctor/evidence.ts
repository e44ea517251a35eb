/** What shows a problem: what its judge names, else the facts that the row of its mode reads. */
import type { Fact } from '../modes/mode.ts';
import { objectIn, type Evidence, type Problem } from '../modes/problem.ts';
import { failureMode } from '../modes/table.ts';
import { roleArnOf, type ProfileView } from '../modes/view.ts';
import { providerArn, SERVICE_ACCOUNT } from '../policy/build.ts';
import { PIPELINES } from '../profile/pipelines.ts';
import type { Reading } from '../reading.ts';
import { withoutSecrets } from '../text.ts';

/** A value is to be looked at; who wants all of it reads the thing itself. Characters. */
const MOST = 4_000;

const cut = (text: string): string => (text.length <= MOST ? text : `${text.slice(0, MOST).trimEnd()} …`);

/** A value as evidence has it: without secrets, and not longer than somebody reads. */
export const shownValue = (value: unknown): string =>
  cut(withoutSecrets(typeof value === 'string' ? value : JSON.stringify(value)));

/** What was found; "not there" of what is absent; nothing of what was not read, which is told as unread. */
function read<T>(
  what: string,
  where: string,
  reading: Reading<T> | undefined,
  value: (thing: T) => unknown,
): readonly Evidence[] {
  if (reading?.state === 'absent') return [{ what, where, value: 'not there' }];
  return reading?.state === 'found' ? [{ what, where, value: shownValue(value(reading.value)) }] : [];
}

/** How each fact is told. A new fact has its row here: the compiler asks for it. */
const TOLD: { readonly [F in Fact]-?: (view: ProfileView) => readonly Evidence[] } = {
  profile: ({ cluster, profile: { metadata, spec, malformed } }) => [
    {
      what: 'Profile',
      where: objectIn(cluster, 'Profile', metadata.name),
      value: malformed ?? shownValue({ ...timesOf(metadata), spec }),
    },
  ],
  namespace: ({ cluster, profile: { metadata }, namespace }) =>
    read('namespace', objectIn(cluster, 'Namespace', metadata.name), namespace, (its) => ({
      owner: its.owner,
      deleting: its.deleting,
      ofProfile: its.ofProfile,
      remaining: its.remaining,
    })),
  serviceAccount: ({ cluster, profile: { metadata }, serviceAccount }) =>
    read(
      'annotations',
      objectIn(cluster, 'ServiceAccount', SERVICE_ACCOUNT, metadata.name),
      serviceAccount,
      ({ annotations }) => annotations,
    ),
  launcher: ({ cluster, profile: { metadata }, launcher }) =>
    read('data', objectIn(cluster, 'ConfigMap', 'kfp-launcher', metadata.name), launcher, ({ data }) => data),
  pipelines: ({ cluster, pipelines }) =>
    read(
      'image',
      objectIn(cluster, 'Deployment', PIPELINES.name, PIPELINES.namespace),
      pipelines,
      ({ image }) => image,
    ),
  provider: ({ cluster, provider }) =>
    read(
      'OIDC provider',
      cluster.issuer === undefined ? cluster.arn : providerArn(cluster.partition, cluster.account, cluster.issuer),
      provider,
      ({ clientIds }) => ({ clientIds }),
    ),
  role: (view) => {
    const { role } = view;
    if (role?.state !== 'found') return read('role', roleArnOf(view) ?? view.cluster.arn, role, () => '');
    const { arn, trustPolicy, inline, attached, boundary } = role.value;
    return [
      { what: 'trust policy', where: arn, value: shownValue(trustPolicy) },
      ...inline.map(({ name, text }) => ({ what: `inline policy ${name}`, where: arn, value: shownValue(text) })),
      ...(attached.length === 0 ? [] : [{ what: 'attached policies', where: arn, value: shownValue(attached) }]),
      ...(boundary === undefined ? [] : [{ what: 'permissions boundary', where: arn, value: boundary }]),
    ];
  },
};

const timesOf = ({
  deletionTimestamp,
  finalizers,
}: ProfileView['profile']['metadata']): { deletionTimestamp?: string; finalizers?: readonly string[] } =>
  deletionTimestamp === undefined ? {} : { deletionTimestamp, ...(finalizers === undefined ? {} : { finalizers }) };

/** What shows a problem of a profile. Never empty where what its row reads was read. */
export function evidenceOf(problem: Problem, view: ProfileView): readonly Evidence[] {
  const own = problem.evidence ?? [];
  if (own.length > 0) return own.map((one) => ({ ...one, value: shownValue(one.value) }));
  return (failureMode(problem.id).reads ?? []).flatMap((fact) => TOLD[fact](view));
}
