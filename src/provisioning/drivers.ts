/** One driver a kind: reads and writes it, and knows its retries, what "already there" means, and what a lost answer looks like. */
import { isOursToFinish, lackingSettings, OWNER_ENFORCED, S3_KEYS } from '../core/bucket.ts';
import { holds, type Change, type Kind, type Ref, type Things } from '../core/kinds.ts';
import type { Bucket, BucketSettings } from '../core/observation.ts';
import { bucketRef, unreadable } from '../core/plan/plan.ts';
import { issuerPath } from '../core/policy/build.ts';
import { absent, failed, found, type Reading } from '../core/reading.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { TAG } from '../core/tags.ts';
import { OutsideError, type Aws, type Kubernetes } from './ports.ts';
import { patiently, type Patience } from './wait.ts';

/** What drivers act on. */
export interface Means extends Patience {
  readonly aws: Aws;
  /** Absent for plans that change nothing in a cluster. */
  readonly kubernetes?: Kubernetes;
}

/** Text by which what a run makes is known as made by it. */
export interface Run {
  readonly id: string;
}

export interface Driver<K extends Kind> {
  read(ref: Ref<K>): Promise<Reading<Things[K]>>;
  /** Throws {@link OutsideError}; one that {@link isConflict} where the thing is not as `before` and nothing was overwritten. */
  write(change: Change<K>, run: Run): Promise<void>;
  /** Whether the write itself fails where the thing is not as `before`: then it need not be read first. */
  guards(change: Change<K>): boolean;
  /** Whether this run made it; undefined where that cannot be told. */
  madeBy(thing: Things[K], run: Run): boolean | undefined;
  /** Waits until somebody else has done it; false: not in time. */
  wait?(change: Change<K>, milliseconds: number): Promise<boolean>;
  /** Waits until somebody else has made it, whatever it is like; false: not in time. */
  appears?(ref: Ref<K>, milliseconds: number): Promise<boolean>;
}

export type Drivers = { readonly [K in Kind]: Driver<K> };

/** Codes that say: it is there already, or not as it was. IAM, Kubernetes. */
const CONFLICT = /^(EntityAlreadyExists|AlreadyExists|Conflict|409)/;
export const isConflict = (error: unknown): boolean => error instanceof OutsideError && CONFLICT.test(error.code);

/** A trust policy is refused while its new OIDC provider is not visible yet (Terraform's propagationTimeout); waits in milliseconds. */
const PRINCIPAL_PATIENCE = [200, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];
/** A role made a moment ago may not be visible yet (IAM User Guide, troubleshoot_general); waits in milliseconds. */
const ROLE_PATIENCE = [100, 300, 1_000, 3_000, 8_000];

const isNewProvider = ({ code, message }: OutsideError): boolean =>
  code.startsWith('MalformedPolicyDocument') && message.includes('Invalid principal');
const isGone = (error: OutsideError): boolean => error.code.startsWith('NoSuchEntity') || error.code === 'NotFound';

/** What is deleted and gone already is deleted. */
const gone = async (work: Promise<void>): Promise<void> => {
  await work.catch((error: unknown) => {
    if (!(error instanceof OutsideError && isGone(error))) throw error;
  });
};

const marked = (tags: Readonly<Record<string, string>> | undefined, { id }: Run): Readonly<Record<string, string>> => ({
  ...tags,
  [TAG.run]: id,
});

/** A driver of what no plan changes. */
const onlyRead = <K extends Kind>(read: Driver<K>['read'], what: string): Driver<K> => ({
  read,
  write: () => Promise.reject(new OutsideError(`${what} are not changed.`, 'NotSupported')),
  guards: () => false,
  madeBy: () => undefined,
});

/** A bucket made a moment ago may not be visible yet, and S3 takes one change of a bucket at a time; waits in milliseconds. */
const BUCKET_PATIENCE = [200, 500, 1_000, 2_000, 4_000];
const isSettling = ({ code }: OutsideError): boolean => /^(NoSuchBucket|OperationAborted|NotFound)/.test(code);

/** A bucket of which nothing is set yet. */
const NEW: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };

/** Buckets are made and finished, and never deleted. */
function bucketDriver(means: Means): Driver<'s3/bucket'> {
  const { aws } = means;
  const read = async (name: string): Promise<Reading<Bucket>> => {
    const bucket = await aws.bucket(name);
    if (bucket.state !== 'found' || !bucket.value.accessible) return bucket;
    const settings = await aws.bucketSettings(name);
    return settings.state === 'found' ? found({ ...bucket.value, settings: settings.value }) : settings;
  };
  /** Sets one thing after the other, and only what is not so: first the tags, by which it is known as ours. */
  const finish = async (there: Bucket, wanted: BucketSettings, run: Run): Promise<void> => {
    const { name } = there;
    const set: Readonly<Partial<Record<keyof BucketSettings, () => Promise<void>>>> = {
      tags: () => aws.tagBucket(name, marked(wanted.tags, run)),
      publicAccessBlocked: () => aws.blockPublicAccess(name),
      ownership: () => aws.setOwnership(name, wanted.ownership ?? OWNER_ENFORCED),
      encryption: () => aws.encryptBucket(name, wanted.encryption ?? S3_KEYS),
      policy: () => (wanted.policy === undefined ? Promise.resolve() : aws.putBucketPolicy(name, wanted.policy)),
    };
    for (const what of lackingSettings(there, wanted))
      await patiently(means, set[what] ?? (() => Promise.resolve()), BUCKET_PATIENCE, isSettling);
  };
  const create = async (name: string, after: Bucket, wanted: BucketSettings, run: Run): Promise<void> => {
    // In us-east-1 S3 makes no error of making a bucket again, so it is looked at first.
    const before = await read(name);
    if (before.state !== 'absent') return take(name, before, after, wanted, run);
    try {
      await aws.createBucket(name);
    } catch (error) {
      if (!(error instanceof OutsideError && error.code === 'BucketAlreadyOwnedByYou')) throw error;
      // The answer to the first call was lost, or somebody was faster.
      return take(
        name,
        await readExisting({ read: ({ key }) => read(key) }, bucketRef(name), means),
        after,
        wanted,
        run,
      );
    }
    await finish({ ...after, settings: { ...NEW, ownership: OWNER_ENFORCED } }, wanted, run);
  };
  /** Finishes a bucket that is there where one was to be made, if nobody else set anything of it. */
  const take = async (
    name: string,
    there: Reading<Bucket>,
    after: Bucket,
    wanted: BucketSettings,
    run: Run,
  ): Promise<void> => {
    if (there.state !== 'found') throw new OutsideError(unreadable(there, `Bucket ${name}`), there.state);
    const { value } = there;
    if (!value.accessible)
      throw new OutsideError(
        `The name ${name} is taken by a bucket of another account. Choose another name.`,
        'BucketAlreadyExists',
      );
    if (holds('s3/bucket', value, after)) throw new OutsideError(`Bucket ${name} is there already.`, 'AlreadyExists');
    if (value.settings === undefined || !isOursToFinish(value.settings))
      throw new OutsideError(
        `Bucket ${name} was made by somebody else since the plan was made; nothing of it was changed. Make a new plan.`,
        'Changed',
      );
    return finish(value, wanted, run);
  };
  return {
    read: ({ key }) => read(key),
    write: ({ ref, before, after }, run) => {
      if (after?.settings === undefined)
        return Promise.reject(new OutsideError('Buckets are never deleted here.', 'NotSupported'));
      return before === undefined ? create(ref.key, after, after.settings, run) : finish(before, after.settings, run);
    },
    // Making one that is there is no error of ours: it is looked at, and what somebody made is left alone.
    guards: ({ before }) => before === undefined,
    madeBy: ({ settings }, { id }) => (settings === undefined ? undefined : settings.tags[TAG.run] === id),
  };
}

/** The drivers of one AWS identity and one cluster. */
export function driversOf(means: Means): Drivers {
  const { aws } = means;
  const kubernetes = (): Kubernetes => {
    if (means.kubernetes === undefined) throw new OutsideError('The cluster was not reached.', 'NoCluster');
    return means.kubernetes;
  };
  const split = (key: string): readonly [string, string] => {
    const slash = key.indexOf('/');
    return [key.slice(0, slash), key.slice(slash + 1)];
  };
  /** Names of roles that were made here: what is not there yet of such a role need not be looked for. */
  const newRoles = new Set<string>();
  return {
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
              ? aws.createRole(ref.key, after.trustPolicy, after.description ?? '', marked(after.tags, run))
              : aws.updateTrustPolicy(ref.key, after.trustPolicy),
          PRINCIPAL_PATIENCE,
          isNewProvider,
        );
        if (before === undefined) newRoles.add(ref.key);
      },
      guards: ({ before }) => before === undefined,
      madeBy: ({ tags }, { id }) => tags[TAG.run] === id,
    },

    'iam/role-policy': {
      read: async ({ key }) => {
        const text = await aws.rolePolicy(...split(key));
        return text.state === 'found' ? found({ text: text.value }) : text;
      },
      write: ({ ref, after }) => {
        const [role, policy] = split(ref.key);
        if (after === undefined) return gone(aws.deleteRolePolicy(role, policy));
        return patiently(means, () => aws.putRolePolicy(role, policy, after.text), ROLE_PATIENCE, isGone);
      },
      guards: ({ ref, before }) => before === undefined && newRoles.has(split(ref.key)[0]),
      madeBy: () => undefined,
    },

    's3/bucket': bucketDriver(means),

    's3/encryption': onlyRead(({ key }) => aws.bucketEncryption(key), 'The encryption of buckets'),

    'kms/key': onlyRead(({ at, key }) => aws.key(key, at), 'Keys'),

    'eks/cluster': onlyRead(({ key }) => aws.cluster(key), 'Clusters'),

    'k8s/config-map': {
      read: ({ key }) => kubernetes().configMap(...split(key)),
      write: ({ ref, before, after }, run) => {
        if (after === undefined) return gone(kubernetes().deleteConfigMap(...split(ref.key)));
        if (before !== undefined) return kubernetes().patchConfigMap(before, after.data);
        const annotations = { ...marked(after.annotations, run), [TAG.maker]: 'kubeflow-irsa' };
        return kubernetes().createConfigMap({ ...after, annotations });
      },
      guards: ({ after }) => after !== undefined,
      madeBy: ({ annotations }, { id }) => annotations?.[TAG.run] === id,
      appears: async ({ key }, milliseconds) =>
        (await kubernetes().waitForConfigMap(...split(key), () => true, milliseconds, means.signal)) !== undefined,
    },

    'k8s/deployment': onlyRead(({ key }) => kubernetes().deployment(...split(key)), 'Deployments'),

    'k8s/namespace': {
      read: ({ key }) => kubernetes().namespace(key),
      write: ({ ref, after }) => kubernetes().annotate('namespaces', ref.key, { owner: after?.owner }),
      guards: () => false,
      madeBy: () => undefined,
    },

    'k8s/profile': {
      read: ({ key }) => kubernetes().profile(key),
      write: async ({ ref, before, after }, run) => {
        if (after === undefined) return gone(kubernetes().deleteProfile(ref.key));
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

    'k8s/service-account': {
      read: ({ key }) => kubernetes().serviceAccount(...split(key)),
      write: ({ ref, after }) => {
        const [namespace, name] = split(ref.key);
        const role = after?.annotations[ROLE_ANNOTATION];
        return gone(kubernetes().annotate('serviceaccounts', name, { [ROLE_ANNOTATION]: role }, namespace));
      },
      guards: () => false,
      madeBy: () => undefined,
      wait: async ({ ref, after }, milliseconds) => {
        const [namespace, name] = split(ref.key);
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

/** Reads a thing; one that must be there and is not visible yet gets a moment (IAM is eventually consistent). */
export async function readExisting<K extends Kind>(
  driver: Pick<Driver<K>, 'read'>,
  ref: Ref<K>,
  patience: Patience,
): Promise<Reading<Things[K]>> {
  let reading: Reading<Things[K]> = failed('it was not read');
  const attempt = async (): Promise<void> => {
    reading = await driver.read(ref);
    if (reading.state === 'absent') throw new OutsideError('not there yet', 'NoSuchEntity');
  };
  await patiently(patience, attempt, ROLE_PATIENCE, isGone).catch((error: unknown) => {
    if (!(error instanceof OutsideError && isGone(error))) throw error;
    reading = absent;
  });
  return reading;
}
