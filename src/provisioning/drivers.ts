/** One driver a kind: reads and writes it, and knows its retries, what "already there" means, and what a lost answer looks like. */
import { parseArn } from '../core/arn/arn.ts';
import type { Change, Kind } from '../core/kinds.ts';
import { specFaults } from '../core/modes/profile.ts';
import { goingWords } from '../core/plan/deletion.ts';
import { unreadable } from '../core/plan/plan.ts';
import { issuerUrlOf } from '../core/policy/build.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import { settingsOf, type BareRole, type Profile } from '../core/observation.ts';
import { ROLE_ANNOTATION, sameProfile, touched } from '../core/profile/manifest.ts';
import { FINALIZER, released, type Going } from '../core/profile/stuck.ts';
import { TAG } from '../core/tags.ts';
import { bucketDriver } from './bucketDriver.ts';
import { gone, isConflict, isGone, marked, ROLE_PATIENCE, splitKey, type Driver, type Means } from './driver.ts';
import { kubeconfigDriver } from './kubeconfigDriver.ts';
import { OutsideError, type Kubernetes } from './ports.ts';
import { userDrivers } from './userDrivers.ts';
import { patiently, pause, unlessCancelled } from './wait.ts';

export type Drivers = { readonly [K in Kind]: Driver<K> };

/** A trust policy is refused while its new OIDC provider is not visible yet (Terraform's propagationTimeout); waits in milliseconds. */
const PRINCIPAL_PATIENCE = [200, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];

const isInUse = ({ code }: OutsideError): boolean => code.startsWith('DeleteConflict');

const isNewProvider = ({ code, message }: OutsideError): boolean =>
  code.startsWith('MalformedPolicyDocument') && message.includes('Invalid principal');

/** IAM does not say that a role is refused for what it lacks: some accounts let roles be made with a permissions boundary only. */
const toldOfBoundary =
  ({ boundary }: BareRole) =>
  (error: unknown): never => {
    if (!(error instanceof OutsideError) || error.permission === undefined) throw error;
    const way =
      boundary === undefined
        ? 'Where your account lets roles be made only with a permissions boundary, choose it: "Change answers", or --boundary ARN.'
        : `Where your account demands another permissions boundary than ${boundary}, choose that one.`;
    throw new OutsideError(`${error.message} ${way}`, error.code, error.permission);
  };

/** How often a Profile is written that changes meanwhile: the controller writes each new one back. */
const TRIES = 5;

/**
 * A Profile must not go as it is where the controller would stop at it (KP-024), or would take the account out of a trust policy that
 * is left to it, with all that others have there, and where it was the only one, let in every service account of the cluster. One
 * that is going already is touched in any case, so that the controller looks at it again.
 */
async function readyToGo(kubernetes: Kubernetes, name: string, known: Profile | undefined): Promise<void> {
  let there = known;
  for (let left = TRIES; there !== undefined; left--) {
    const held = there.metadata.finalizers?.includes(FINALIZER) === true;
    const namespace = held ? await kubernetes.namespace(name) : undefined;
    const ready = released(there, specFaults(there), namespace?.state === 'found' ? namespace.value : undefined);
    const again = held && there.metadata.deletionTimestamp !== undefined ? touched(ready ?? there) : ready;
    if (again === undefined) return;
    try {
      return await gone(kubernetes.replaceProfile(again));
    } catch (error) {
      if (!isConflict(error) || left <= 1) throw error;
      const now = await kubernetes.profile(name);
      there = now.state === 'found' ? now.value : undefined;
    }
  }
}

/** Deletes a Profile and waits until it is gone; where it stays, the error says why and what to do. */
async function deleteProfile(
  { ref, before }: Change<'k8s/profile'>,
  kubernetes: Kubernetes,
  signal: AbortSignal | undefined,
): Promise<void> {
  await readyToGo(kubernetes, ref.key, before);
  try {
    await gone(kubernetes.deleteProfile(ref.key, signal));
  } catch (error) {
    if (!(error instanceof OutsideError && error.code === 'Timeout')) throw error;
    const [profile, namespace] = await Promise.all([kubernetes.profile(ref.key), kubernetes.namespace(ref.key)]);
    if (profile.state === 'absent') return;
    if (profile.state !== 'found') throw error;
    const going: Going = {
      profile: profile.value,
      account: parseArn(ref.at)?.account ?? '',
      faults: specFaults(profile.value),
      ...(namespace.state === 'found' ? { namespace: namespace.value } : {}),
    };
    throw new OutsideError(goingWords(going), 'Timeout');
  }
}

/** What a Profile that was there before is made again from: without what the server and the controller give it. */
function again(profile: Profile): Profile {
  const { apiVersion, kind, metadata, spec } = profile;
  const { name, labels, annotations } = metadata;
  return {
    ...{ apiVersion, kind },
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** Pauses of so many milliseconds together, the first ones short. */
function pauses(milliseconds: number): readonly number[] {
  const all: number[] = [];
  for (let left = milliseconds; left > 0; left -= all.at(-1) ?? left)
    all.push(Math.min(left, all.length < 40 ? 250 : 2_000));
  return all;
}

/** Name of the cluster of an ARN. */
const clusterOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** After so many readings in a row that failed nobody waits any longer. */
const UNREAD = 10;

/** A driver of what no plan changes. */
const onlyRead = <K extends Kind>(read: Driver<K>['read'], what: string): Driver<K> => ({
  read,
  write: () => Promise.reject(new OutsideError(`${what} are not changed.`, 'NotSupported')),
  guards: () => false,
  madeBy: () => undefined,
});

/** The drivers of one AWS identity and one cluster. */
export function driversOf(means: Means): Drivers {
  const { aws } = means;
  const kubernetes = (): Kubernetes => {
    if (means.kubernetes === undefined) throw new OutsideError('The cluster was not reached.', 'NoCluster');
    return means.kubernetes;
  };
  /** Names of roles that were made here: what is not there yet of such a role need not be looked for. */
  const newRoles = new Set<string>();
  /** One thing of a role; what it does not have is absent. */
  const ofRole = async <T>(name: string, pick: (role: BareRole) => T | undefined): Promise<Reading<T>> => {
    const role = await aws.bareRole(name);
    if (role.state !== 'found') return role;
    const its = pick(role.value);
    return its === undefined ? absent : found(its);
  };
  /** A write to a role: one made a moment ago may not be visible yet; what is taken from one that is gone is taken. */
  const ofExisting = (after: unknown, call: () => Promise<void>): Promise<void> =>
    after === undefined ? gone(call()) : patiently(means, call, ROLE_PATIENCE, isGone);
  return {
    ...userDrivers(means, kubernetes),

    'iam/provider': {
      read: ({ key }) => aws.oidcProvider(key),
      write: async ({ ref, before, after }, run) => {
        const issuer = issuerUrlOf(ref.key);
        if (after === undefined) return gone(aws.deleteOidcProvider(ref.key));
        const [first, ...others] = after.clientIds.filter((id) => before?.clientIds.includes(id) !== true);
        if (before === undefined) await aws.createOidcProvider(issuer, first ?? '', marked(after.tags, run));
        else if (first !== undefined) await aws.addAudience(ref.key, first);
        for (const id of others) await aws.addAudience(ref.key, id);
        for (const id of before?.clientIds ?? [])
          if (!after.clientIds.includes(id)) await aws.removeAudience(ref.key, id);
      },
      // Audiences are added one by one, and adding one that is there is no error.
      guards: ({ before, after }) =>
        after !== undefined && (before?.clientIds ?? []).every((id) => after.clientIds.includes(id)),
      madeBy: ({ tags }, { id }) => tags?.[TAG.run] === id,
    },

    'iam/policy': onlyRead(({ key }) => aws.policy(key), 'Managed policies'),

    'iam/role': {
      read: ({ key }) => aws.bareRole(key),
      write: async ({ ref, before, after }, run) => {
        if (after === undefined)
          // Policies that went a moment ago may still be seen (Terraform's provider tries again, too).
          return gone(patiently(means, () => aws.deleteRole(ref.key), ROLE_PATIENCE, isInUse));
        await patiently(
          means,
          () =>
            before === undefined
              ? aws.createRole({ ...after, tags: marked(after.tags, run) }).catch(toldOfBoundary(after))
              : aws.updateTrustPolicy(ref.key, after.trustPolicy),
          PRINCIPAL_PATIENCE,
          isNewProvider,
        );
        if (before === undefined) newRoles.add(ref.key);
      },
      guards: ({ before }) => before === undefined,
      madeBy: ({ tags }, { id }) => tags[TAG.run] === id,
    },

    'iam/role-boundary': {
      read: ({ key }) => ofRole(key, ({ boundary }) => (boundary === undefined ? undefined : { arn: boundary })),
      write: ({ ref, after }) => ofExisting(after, () => aws.setBoundary(ref.key, after?.arn)),
      guards: () => false,
      madeBy: () => undefined,
    },

    'iam/role-settings': {
      read: ({ key }) => ofRole(key, settingsOf),
      write: ({ ref, after }) => {
        if (after !== undefined) return ofExisting(after, () => aws.updateRole(ref.key, after));
        return Promise.reject(new OutsideError('A role always has these settings.', 'NotSupported'));
      },
      guards: () => false,
      madeBy: () => undefined,
    },

    'iam/role-tag': {
      read: ({ key }) => {
        const [role, tag] = splitKey(key);
        return ofRole(role, ({ tags }) => {
          const value = tags[tag];
          return value === undefined ? undefined : { value };
        });
      },
      write: ({ ref, after }) => ofExisting(after, () => aws.tagRole(...splitKey(ref.key), after?.value)),
      guards: () => false,
      madeBy: () => undefined,
    },

    'iam/role-policy': {
      read: async ({ key }) => {
        const text = await aws.rolePolicy(...splitKey(key));
        return text.state === 'found' ? found({ text: text.value }) : text;
      },
      write: ({ ref, after }) => {
        const [role, policy] = splitKey(ref.key);
        if (after === undefined) return gone(aws.deleteRolePolicy(role, policy));
        return patiently(means, () => aws.putRolePolicy(role, policy, after.text), ROLE_PATIENCE, isGone);
      },
      guards: ({ ref, before }) => before === undefined && newRoles.has(splitKey(ref.key)[0]),
      madeBy: () => undefined,
    },

    'iam/role-attachment': {
      read: async ({ key }) => {
        const [role, policyArn] = splitKey(key);
        const all = await aws.roleAttachments(role);
        return all.state !== 'found' ? all : all.value.includes(policyArn) ? found({ policyArn }) : absent;
      },
      write: ({ ref, after }) => {
        const [role, policyArn] = splitKey(ref.key);
        if (after === undefined) return gone(aws.detachRolePolicy(role, policyArn));
        return patiently(means, () => aws.attachRolePolicy(role, policyArn), ROLE_PATIENCE, isGone);
      },
      guards: ({ ref, before }) => before === undefined && newRoles.has(splitKey(ref.key)[0]),
      madeBy: () => undefined,
    },

    'eks/pod-identity': {
      read: ({ at, key }) => aws.podIdentity(clusterOf(at), ...splitKey(key)),
      write: async ({ ref: { at, key }, after }, run) => {
        if (after !== undefined)
          return aws.createPodIdentity(clusterOf(at), { ...after, tags: marked(after.tags, run) });
        const now = await aws.podIdentity(clusterOf(at), ...splitKey(key));
        if (now.state === 'denied' || now.state === 'failed')
          throw new OutsideError(unreadable(now, `The Pod Identity association of ${key}`), now.state);
        if (now.state === 'found') await aws.deletePodIdentity(clusterOf(at), now.value.id ?? '');
      },
      guards: ({ before }) => before === undefined,
      madeBy: ({ tags }, { id }) => tags[TAG.run] === id,
    },

    's3/bucket': bucketDriver(means),

    's3/data': {
      // Whether there is any: one page tells.
      read: ({ at, key }) => {
        const [bucket, prefix] = splitKey(key);
        return aws.prefixData(bucket, at, prefix, 0);
      },
      write: ({ ref, after }) => {
        if (after !== undefined) return Promise.reject(new OutsideError('Objects are not made here.', 'NotSupported'));
        const [bucket, prefix] = splitKey(ref.key);
        return aws.deletePrefix(bucket, ref.at, prefix, means.signal);
      },
      guards: () => false,
      madeBy: () => undefined,
    },

    'file/kubeconfig': kubeconfigDriver(means),

    's3/encryption': onlyRead(({ key }) => aws.bucketEncryption(key), 'The encryption of buckets'),

    'kms/key': onlyRead(({ at, key }) => aws.key(key, at), 'Keys'),

    'eks/cluster': onlyRead(({ key }) => aws.cluster(key), 'Clusters'),

    'k8s/config-map': {
      read: ({ key }) => kubernetes().configMap(...splitKey(key)),
      write: ({ ref, before, after }, run) => {
        if (after === undefined) return gone(kubernetes().deleteConfigMap(...splitKey(ref.key)));
        if (before !== undefined) return kubernetes().patchConfigMap(before, after.data);
        const annotations = { ...marked(after.annotations, run), [TAG.maker]: 'kubeflow-irsa' };
        return kubernetes().createConfigMap({ ...after, annotations });
      },
      guards: ({ after }) => after !== undefined,
      madeBy: ({ annotations }, { id }) => annotations?.[TAG.run] === id,
      appears: async ({ key }, milliseconds) =>
        (await kubernetes().waitForConfigMap(...splitKey(key), () => true, milliseconds, means.signal)) !== undefined,
    },

    'k8s/namespace': {
      read: ({ key }) => kubernetes().namespace(key),
      write: ({ ref, before, after }) =>
        kubernetes().annotate('namespaces', ref.key, { owner: after?.owner }, { owner: before?.owner }),
      guards: () => false,
      madeBy: () => undefined,
      wait: async ({ ref, after }, milliseconds) => {
        let unread = 0;
        for (const wait of [...pauses(milliseconds), undefined]) {
          const now = await unlessCancelled(means.signal, kubernetes().namespace(ref.key));
          if (after === undefined ? now.state === 'absent' : now.state === 'found' && !now.value.deleting) return true;
          // Each reading that does not come takes its time, and one that is not permitted never comes.
          unread = now.state === 'failed' ? unread + 1 : 0;
          if (wait === undefined || now.state === 'denied' || unread >= UNREAD) return false;
          await pause(means, wait);
        }
        return false;
      },
    },

    'k8s/finalizer': {
      read: async ({ key }) => {
        const profile = await kubernetes().profile(key);
        if (profile.state !== 'found') return profile;
        return profile.value.metadata.finalizers?.includes(FINALIZER) === true
          ? found({ finalizer: FINALIZER })
          : absent;
      },
      write: async ({ ref, after }) => {
        if (after !== undefined) throw new OutsideError('Finalizers are not made here.', 'NotSupported');
        const now = await kubernetes().profile(ref.key);
        if (now.state !== 'found') return;
        const { metadata } = now.value;
        const finalizers = (metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
        await gone(kubernetes().replaceProfile({ ...now.value, metadata: { ...metadata, finalizers } }));
      },
      guards: () => false,
      madeBy: () => undefined,
    },

    'k8s/profile': {
      read: ({ key }) => kubernetes().profile(key),
      write: async (change, run) => {
        const { before, after } = change;
        if (after === undefined) return deleteProfile(change, kubernetes(), means.signal);
        const { metadata } = after;
        // It was there before, and comes back as it was.
        if (before === undefined && metadata.resourceVersion !== undefined)
          return kubernetes().createProfile(again(after));
        if (before === undefined) {
          const annotations = { ...marked(metadata.annotations, run), [TAG.maker]: 'kubeflow-irsa' };
          return kubernetes().createProfile({ ...after, metadata: { ...metadata, annotations } });
        }
        const { resourceVersion } = before.metadata;
        return kubernetes().replaceProfile({
          ...after,
          metadata: { ...metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
        });
      },
      guards: ({ after }) => after !== undefined,
      madeBy: ({ metadata }, { id }) => metadata.annotations?.[TAG.run] === id,
      // A faulty one is put right before it goes, by what was wrong with it, and whose its namespace was then.
      between: (there, { before, after }) => {
        const going = before === undefined ? after : after === undefined ? before : undefined;
        if (going === undefined) return false;
        const { name = '' } = there.spec?.owner ?? {};
        const ready = released(going, specFaults(going), { owner: name });
        return ready !== undefined && sameProfile(there, ready);
      },
      goes: async (ref, thing) => {
        if (thing.metadata.deletionTimestamp === undefined) return false;
        await deleteProfile({ ref, before: thing }, kubernetes(), means.signal);
        return true;
      },
    },

    'k8s/profile-note': {
      read: async ({ key }) => {
        const [name, annotation] = splitKey(key);
        const profile = await kubernetes().profile(name);
        if (profile.state !== 'found') return profile;
        const value = profile.value.metadata.annotations?.[annotation];
        return value === undefined ? absent : found({ value });
      },
      write: async ({ ref, after }) => {
        const [name, annotation] = splitKey(ref.key);
        const now = await kubernetes().profile(name);
        if (now.state !== 'found') {
          // An annotation of a Profile that is gone is gone.
          if (now.state === 'absent' && after === undefined) return;
          throw new OutsideError(unreadable(now, `Profile ${name}`), now.state);
        }
        const { annotations: there = {}, ...metadata } = now.value.metadata;
        const others = Object.entries(there).filter(([key]) => key !== annotation);
        const all = after === undefined ? others : [...others, [annotation, after.value]];
        const annotations = all.length === 0 ? {} : { annotations: Object.fromEntries(all) as typeof there };
        await kubernetes().replaceProfile({ ...now.value, metadata: { ...metadata, ...annotations } });
      },
      guards: () => false,
      madeBy: () => undefined,
    },

    'k8s/service-account': {
      read: ({ key }) => kubernetes().serviceAccount(...splitKey(key)),
      write: ({ ref, before, after }) => {
        const [namespace, name] = splitKey(ref.key);
        const [was, role] = [before?.annotations[ROLE_ANNOTATION], after?.annotations[ROLE_ANNOTATION]];
        return gone(
          kubernetes().annotate(
            'serviceaccounts',
            name,
            { [ROLE_ANNOTATION]: role },
            { [ROLE_ANNOTATION]: was },
            namespace,
          ),
        );
      },
      guards: () => false,
      madeBy: () => undefined,
      wait: async ({ ref, after }, milliseconds) => {
        const [namespace, name] = splitKey(ref.key);
        const role = after?.annotations[ROLE_ANNOTATION];
        const there = await kubernetes().waitForServiceAccount(
          namespace,
          name,
          ({ annotations }) => annotations[ROLE_ANNOTATION] === role,
          milliseconds,
          means.signal,
        );
        return there !== undefined;
      },
    },
  };
}
