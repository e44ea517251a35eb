/** One driver a kind: reads and writes it, and knows its retries, what "already there" means, and what a lost answer looks like. */
import type { Kind } from '../core/kinds.ts';
import { unreadable } from '../core/plan/plan.ts';
import { issuerPath } from '../core/policy/build.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import { settingsOf, type BareRole, type Profile } from '../core/observation.ts';
import { ROLE_ANNOTATION, takenBack } from '../core/profile/manifest.ts';
import { TAG } from '../core/tags.ts';
import { bucketDriver } from './bucketDriver.ts';
import { gone, isConflict, isGone, marked, ROLE_PATIENCE, splitKey, type Driver, type Means } from './driver.ts';
import { kubeconfigDriver } from './kubeconfigDriver.ts';
import { OutsideError, type Kubernetes } from './ports.ts';
import { userDrivers } from './userDrivers.ts';
import { patiently } from './wait.ts';

export type Drivers = { readonly [K in Kind]: Driver<K> };

/** A trust policy is refused while its new OIDC provider is not visible yet (Terraform's propagationTimeout); waits in milliseconds. */
const PRINCIPAL_PATIENCE = [200, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];

const isNewProvider = ({ code, message }: OutsideError): boolean =>
  code.startsWith('MalformedPolicyDocument') && message.includes('Invalid principal');

/** How often a Profile is written that changes meanwhile: the controller writes each new one back. */
const TRIES = 5;

/**
 * A Profile that leaves the trust policy to the profile controller must not go so: the controller would take the account out, with all
 * that others have in the policy, and where it was the only one, let in every service account of the cluster.
 */
async function takeTrustBack(kubernetes: Kubernetes, name: string, known: Profile | undefined): Promise<void> {
  let there = known;
  for (let left = TRIES; there !== undefined; left--) {
    const back = takenBack(there);
    if (back === undefined) return;
    try {
      return await gone(kubernetes.replaceProfile(back));
    } catch (error) {
      if (!isConflict(error) || left <= 1) throw error;
      const now = await kubernetes.profile(name);
      there = now.state === 'found' ? now.value : undefined;
    }
  }
}

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
        const issuer = `https://${issuerPath(ref.key.replace(/^.*?oidc-provider\//, ''))}`;
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

    'iam/role': {
      read: ({ key }) => aws.bareRole(key),
      write: async ({ ref, before, after }, run) => {
        if (after === undefined) return gone(aws.deleteRole(ref.key));
        await patiently(
          means,
          () =>
            before === undefined
              ? aws.createRole({ ...after, tags: marked(after.tags, run) })
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

    's3/bucket': bucketDriver(means),

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
      write: ({ ref, after }) => kubernetes().annotate('namespaces', ref.key, { owner: after?.owner }),
      guards: () => false,
      madeBy: () => undefined,
    },

    'k8s/profile': {
      read: ({ key }) => kubernetes().profile(key),
      write: async ({ ref, before, after }, run) => {
        if (after === undefined) {
          await takeTrustBack(kubernetes(), ref.key, before);
          return gone(kubernetes().deleteProfile(ref.key));
        }
        const { metadata } = after;
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
      write: ({ ref, after }) => {
        const [namespace, name] = splitKey(ref.key);
        const role = after?.annotations[ROLE_ANNOTATION];
        return gone(kubernetes().annotate('serviceaccounts', name, { [ROLE_ANNOTATION]: role }, namespace));
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
