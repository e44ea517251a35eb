/** Drivers of people: users of Dex and Cognito, and the objects that let them into a profile. */
import { record, type Json } from '../core/records.ts';
import { randomInt } from 'node:crypto';
import type { Things } from '../core/kinds.ts';
import { DEX, dexUser, readDex, withDexUser, withoutDexUser, type Dex } from '../core/people/dex.ts';
import type { AuthorizationPolicy, RoleBinding, Subject } from '../core/people/kfam.ts';
import { OUR_USER } from '../core/plan/owner.ts';
import { absent, failed, found, type Reading } from '../core/reading.ts';
import { TAG } from '../core/tags.ts';
import { bindingOf, policyOf } from './bindings.ts';
import { gone, marked, splitKey, type Driver, type Means, type Run } from './driver.ts';
import { OutsideError, type KubeObject, type Kubernetes, type Resource } from './ports.ts';

/** `kubectl rollout restart` sets it to a time (kubectl pkg/polymorphichelpers/objectrestarter.go). */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
/** How often a write is tried again where somebody else was quicker. */
const TRIES = 5;
/** bcrypt's cost: the least that Dex takes (dexidp/dex server/api.go); nobody guesses a random password, however fast. */
const COST = 10;
/** Letters and digits that nobody takes for one another; 24 of them are 136 bits. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

const newPassword = (): string => Array.from({ length: 24 }, () => LETTERS[randomInt(LETTERS.length)]).join('');

/** What Dex's ConfigMap says of who may sign in. */
export async function dexOf(kubernetes: Pick<Kubernetes, 'configMap'>): Promise<Reading<Dex>> {
  const config = await kubernetes.configMap(DEX.namespace, DEX.name);
  if (config.state !== 'found') return config;
  const text = config.value.data[DEX.key];
  if (text === undefined) return absent;
  const dex = readDex(text);
  return typeof dex === 'string' ? failed(dex) : found(dex);
}

/** The thing, or what keeps it from being read. */
function readable<T>(reading: Reading<T>, what: string): T {
  if (reading.state === 'found') return reading.value;
  if (reading.state === 'absent') throw new OutsideError(`${what} is gone.`, 'NotFound');
  if (reading.state === 'failed') throw new OutsideError(reading.reason, reading.code ?? 'failed');
  throw new OutsideError(`You are not permitted to ${reading.permission}.`, 'Forbidden', reading.permission);
}

/** Does the work, and again where somebody else was quicker. */
async function untilDone(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const raced = error instanceof OutsideError && /^(Conflict|409)$/.test(error.code) && !(error instanceof MovedOn);
      if (!raced || tries === TRIES) throw error;
    }
  }
}

/** Changes the text of Dex's settings as it is now. `edit` may throw, or give a sentence where it cannot be changed. */
const changeConfig = (
  kubernetes: Kubernetes,
  edit: (text: string) => { readonly text: string } | string,
): Promise<void> =>
  untilDone(async () => {
    const config = readable(
      await kubernetes.configMap(DEX.namespace, DEX.name),
      `ConfigMap ${DEX.namespace}/${DEX.name}`,
    );
    const edited = edit(config.data[DEX.key] ?? '');
    if (typeof edited === 'string') throw new OutsideError(edited, 'NotReadable');
    await kubernetes.patchConfigMap(config, { ...config.data, [DEX.key]: edited.text });
  });

/** Changes an object as it is now. `change` may throw. */
const changeObject = (
  kubernetes: Kubernetes,
  resource: Resource,
  [namespace, name]: readonly [string, string],
  change: (object: KubeObject) => KubeObject,
): Promise<void> =>
  untilDone(async () => {
    const object = readable(await kubernetes.object(resource, namespace, name), `${resource} ${namespace}/${name}`);
    await kubernetes.replaceObject(resource, change(object));
  });

/** It is not as it was planned: not to be tried again. */
class MovedOn extends OutsideError {
  constructor() {
    super('it is not as it was when the plan was made.', 'Conflict');
  }
}

const RBAC = 'rbac.authorization.k8s.io';
const subjectObject = (subject: Subject): Json =>
  subject.kind === 'ServiceAccount' ? { ...subject } : { ...subject, apiGroup: RBAC };

/** What of the two objects is ours to write; the rest of what is there stays. */
const WRITTEN = {
  rolebindings: ({ roleRef, subjects }: RoleBinding): Json => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    roleRef: { apiGroup: RBAC, ...roleRef },
    subjects: subjects.map(subjectObject),
  }),
  authorizationpolicies: ({ spec }: AuthorizationPolicy): Json => ({
    apiVersion: 'security.istio.io/v1beta1',
    kind: 'AuthorizationPolicy',
    spec,
  }),
} as const;

/** The driver of objects that KFAM and the profile controller make: annotations `user` and `role`, and what they mean. */
function bindings<K extends 'k8s/role-binding' | 'k8s/authorization-policy'>(
  kubernetes: () => Kubernetes,
  resource: keyof typeof WRITTEN,
  of: (object: KubeObject) => Things[K],
): Driver<K> {
  const written = WRITTEN[resource] as (thing: Things[K]) => Json;
  return {
    read: async ({ key }) => {
      const object = await kubernetes().object(resource, ...splitKey(key));
      return object.state === 'found' ? found(of(object.value)) : object;
    },
    write: async ({ ref, before, after }, run) => {
      const [namespace, name] = splitKey(ref.key);
      if (after === undefined) return gone(kubernetes().deleteObject(resource, namespace, name));
      if (before === undefined) {
        const annotations = { ...marked(after.annotations, run), [TAG.maker]: 'kubeflow-irsa' };
        return kubernetes().createObject(resource, {
          ...written(after),
          metadata: { name, namespace, annotations },
        });
      }
      // The profile controller writes the same object: only whose it is must be as it was.
      return changeObject(kubernetes(), resource, [namespace, name], (object) => {
        const user = of(object).annotations['user'];
        if (user !== before.annotations['user'] && user !== after.annotations['user']) throw new MovedOn();
        const { annotations } = object.metadata;
        return {
          ...object,
          ...written(after),
          ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
          metadata: { ...object.metadata, annotations: { ...annotations, ...withoutMarks(after.annotations) } },
        };
      });
    },
    guards: ({ after }) => after !== undefined,
    madeBy: ({ annotations }, { id }) => annotations[TAG.run] === id,
  };
}

const withoutMarks = (annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const { user, role } = annotations;
  return { ...(user === undefined ? {} : { user }), ...(role === undefined ? {} : { role }) };
};

type Drivers = {
  readonly [
    K in 'cognito/user' | 'k8s/dex-user' | 'k8s/deployment' | 'k8s/role-binding' | 'k8s/authorization-policy'
  ]: Driver<K>;
};

export function userDrivers(means: Means, kubernetes: () => Kubernetes): Drivers {
  /** The region of a pool is part of its id. */
  const poolsOf = (pool: string) => means.aws.userPools(pool.split('_')[0] ?? '');
  const cognitoUser = async (key: string): Promise<Reading<Things['cognito/user']>> => {
    const [pool, email] = splitKey(key);
    const users = await poolsOf(pool).users(pool, email);
    if (users.state !== 'found') return users;
    const user = users.value.find((one) => one.email === email);
    return user === undefined ? absent : found(user);
  };
  return {
    'cognito/user': {
      read: ({ key }) => cognitoUser(key),
      write: async ({ ref, before, after }) => {
        const [pool, email] = splitKey(ref.key);
        if (after === undefined) return gone(poolsOf(pool).deleteUser(pool, before?.username ?? email));
        await poolsOf(pool).createUser(pool, email);
      },
      guards: ({ after }) => after !== undefined,
      // A user bears no mark of ours. Who has signed in since is somebody's.
      madeBy: ({ status }) => (status === undefined || status === 'FORCE_CHANGE_PASSWORD' ? undefined : false),
    },

    'k8s/dex-user': {
      read: async ({ key }) => {
        const dex = await dexOf(kubernetes());
        if (dex.state !== 'found') return dex;
        const user = dexUser(dex.value, key);
        return user === undefined ? absent : found(user);
      },
      write: async ({ ref, after }, run) => {
        if (after === undefined) return changeConfig(kubernetes(), (text) => withoutDexUser(text, ref.key));
        await createDexUser(after, run, means, kubernetes());
      },
      guards: ({ after }) => after !== undefined,
      madeBy: ({ userID }, { id }) => userID?.startsWith(`${OUR_USER}${id}`) === true,
    },

    'k8s/deployment': {
      read: ({ key }) => kubernetes().deployment(...splitKey(key)),
      write: ({ ref, after }) =>
        changeObject(kubernetes(), 'deployments', splitKey(ref.key), (object) => {
          const template = templateOf(object);
          const metadata = record(template['metadata']);
          const annotations = Object.entries(record(metadata['annotations'])).filter(([key]) => key !== TAG.users);
          const users = after?.users === undefined ? {} : { [TAG.users]: after.users };
          return {
            ...object,
            spec: {
              ...record(object['spec']),
              template: {
                ...template,
                metadata: {
                  ...metadata,
                  annotations: { ...Object.fromEntries(annotations), ...users, [RESTARTED]: new Date().toISOString() },
                },
              },
            },
          };
        }),
      guards: () => false,
      madeBy: () => undefined,
    },

    'k8s/role-binding': bindings<'k8s/role-binding'>(kubernetes, 'rolebindings', bindingOf),
    'k8s/authorization-policy': bindings<'k8s/authorization-policy'>(kubernetes, 'authorizationpolicies', policyOf),
  };
}

const templateOf = (object: KubeObject): Json => record(record(object['spec'])['template']);

/**
 * Adds a user with a password that nobody has seen, and shows it. An answer that was lost is looked up: the text holds the hash of this
 * password or it does not.
 */
async function createDexUser(
  user: Things['k8s/dex-user'],
  run: Run,
  { reveal }: Means,
  kubernetes: Kubernetes,
): Promise<void> {
  if (reveal === undefined) throw new OutsideError('Nobody would be shown the password of the new user.', 'NotShown');
  const password = newPassword();
  const { hash: bcrypt } = await import(/* webpackChunkName: "bcrypt" */ 'bcryptjs');
  const hash = await bcrypt(password, COST);
  const entry = { ...user, hash, userID: `${OUR_USER}${run.id}-${user.email}` };
  try {
    await changeConfig(kubernetes, (text) => {
      const dex = readDex(text);
      if (typeof dex !== 'string' && dexUser(dex, user.email) !== undefined)
        throw new OutsideError(`Dex has a user ${user.email} already.`, 'AlreadyExists');
      return withDexUser(text, entry);
    });
  } catch (error) {
    // Whoever is there by now has our own hash, or is somebody else.
    const now = await kubernetes.configMap(DEX.namespace, DEX.name);
    if (now.state !== 'found' || now.value.data[DEX.key]?.includes(hash) !== true) throw error;
  }
  reveal({ user: user.email, password });
}
