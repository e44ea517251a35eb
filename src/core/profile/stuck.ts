/**
 * Why a Profile, or a namespace, that was deleted does not go, and each cause's own way out. The profile controller lets a Profile go
 * in the last step of its work, after it has applied the Profile once more: whatever stops it before keeps the Profile for ever
 * (kubeflow/dashboard profile_controller.go, seen with the real one). What holds a namespace the namespace controller writes into its
 * conditions (Kubernetes, pkg/controller/namespace/deletion).
 */
import { ROLE_ARN } from '../arn/arn.ts';
import type { Deployment, Namespace, Profile } from '../observation.ts';
import type { RoleBinding } from '../people/kfam.ts';
import { valueOf, type Reading } from '../reading.ts';
import { irsaPlugin, withPlugin } from './manifest.ts';
import { CONTROLLER, PLUGIN_KIND } from './names.ts';

/** The controller's own finalizer: it lets the Profile go after its plugins have cleaned up. */
export const FINALIZER = 'profile-finalizer';

/** What the controller does not take in a Profile, besides its plugins: found by who reads the whole manifest. */
export interface SpecFault {
  readonly part: 'owner' | 'quota' | 'plugin';
  /** As a sentence. */
  readonly message: string;
}

/** An API of the cluster that does not answer. */
export interface DeadApi {
  /** Such as `v1beta1.metrics.k8s.io`. */
  readonly name: string;
  /** `<namespace>/<service>` that should answer. */
  readonly service?: string;
}

/** All that is known of something that is being deleted. What is absent was not read. */
export interface Going {
  readonly profile?: Profile;
  readonly namespace?: Namespace;
  /** Account of the cluster. */
  readonly account: string;
  /** The role that the plugin names, where it is one of the account. */
  readonly role?: Reading<unknown>;
  readonly faults?: readonly SpecFault[];
  readonly controller?: Reading<Deployment>;
  /** `default-editor` and `default-viewer` of the namespace. */
  readonly bindings?: readonly RoleBinding[];
  readonly deadApis?: readonly DeadApi[];
}

/**
 * What a plan can do about a cause: `release` changes the going Profile so that the controller lets it go; `binding` deletes what
 * stops the controller; `finalizer` takes the controller's finalizer away, if a person agrees; `none`: a person must do it.
 */
export type Remedy = 'release' | 'binding' | 'finalizer' | 'none';

export interface Cause {
  readonly id: string;
  /** What is seen, as a sentence. */
  readonly says: string;
  /** What to do about it, as a sentence. */
  readonly way: string;
  readonly remedy: Remedy;
}

type Seen = { readonly says: string; readonly way?: string };
interface Row {
  readonly id: string;
  readonly of: 'profile' | 'namespace';
  readonly remedy: Remedy;
  /** What is seen of it, and the way out where that depends on what is seen. */
  readonly sees: (going: Going) => Seen | undefined;
  readonly way?: string;
}

const when = (condition: boolean, says: string, way?: string): Seen | undefined =>
  condition ? { says, ...(way === undefined ? {} : { way }) } : undefined;

const finalizersOf = (profile: Profile | undefined): readonly string[] => profile?.metadata.finalizers ?? [];
const held = ({ profile }: Going): boolean => finalizersOf(profile).includes(FINALIZER);
const plugins = ({ profile }: Going) => profile?.spec?.plugins ?? [];

/** The ClusterRole of each binding that the controller makes, and cannot change (KP-083). */
const BOUND: Readonly<Record<string, string>> = {
  'default-editor': 'kubeflow-edit',
  'default-viewer': 'kubeflow-view',
};
/** A binding that stops the controller: it cannot be given the role that it should have. */
export const stopsController = ({ name, roleRef }: Pick<RoleBinding, 'name' | 'roleRef'>): boolean =>
  BOUND[name] !== undefined && roleRef.name !== BOUND[name];

/** What the namespace controller says, by what it is like. */
const condition = (
  pattern: RegExp,
  tell: (groups: Readonly<Record<string, string | undefined>>, going: Going) => Seen,
) =>
  ((going) => {
    for (const message of going.namespace?.remaining ?? []) {
      const match = pattern.exec(message);
      if (match !== null) return tell(match.groups ?? {}, going);
    }
    return undefined;
  }) satisfies Row['sees'];

const ROWS: readonly Row[] = [
  {
    id: 'owner',
    of: 'profile',
    remedy: 'release',
    sees: (going) => {
      const { profile, namespace } = going;
      const owner = profile?.spec?.owner?.name;
      if (!held(going) || namespace === undefined || namespace.deleting || namespace.owner === owner) return undefined;
      const name = namespace.name;
      return {
        says: `The controller does nothing for it, because its namespace is owned by ${namespace.owner || 'nobody'} and not by ${owner || 'nobody'}.`,
        way: `Set the annotation "owner" of namespace ${name} to ${owner || 'the owner'}, then change something in the Profile.`,
      };
    },
  },
  {
    id: 'plugin',
    of: 'profile',
    remedy: 'release',
    way: 'Give it a role and annotateOnly: true, and the Profile goes.',
    sees: (going) => {
      const plugin = going.profile && irsaPlugin(going.profile);
      const faulty = plugin !== undefined && plugin.awsIamRole === undefined;
      const why = going.faults?.find(({ part }) => part === 'plugin')?.message;
      const said = why === undefined ? '' : ` ${why}`;
      return when(
        held(going) && faulty,
        `The controller stops at its plugin ${PLUGIN_KIND}, which has no role or a value of a wrong type.${said}`,
      );
    },
  },
  {
    id: 'google',
    of: 'profile',
    remedy: 'release',
    way: 'Take that plugin out of the Profile, and it goes.',
    sees: (going) =>
      when(
        held(going) && plugins(going).some(({ kind }) => kind === 'WorkloadIdentity'),
        'The controller stops at the plugin WorkloadIdentity, which needs Google Cloud.',
      ),
  },
  {
    id: 'role-gone',
    of: 'profile',
    remedy: 'release',
    sees: (going) => {
      const { profile, account, role } = going;
      const plugin = profile && irsaPlugin(profile);
      if (!held(going) || plugin?.awsIamRole === undefined || plugin.annotateOnly) return undefined;
      const named = ROLE_ARN.exec(plugin.awsIamRole)?.groups;
      const name = named?.['name'] ?? plugin.awsIamRole;
      const gone = named?.['account'] === account && role?.state === 'absent';
      if (!gone && role !== undefined) return undefined;
      return {
        says: `${gone ? `Its role ${name} is gone, and` : `If its role ${name} is gone,`} with annotateOnly: false the controller waits for that role for ever.`,
        way: "Set annotateOnly: true in the Profile's plugin, and it goes.",
      };
    },
  },
  {
    id: 'spec-owner',
    of: 'profile',
    remedy: 'release',
    way: 'Give the Profile a valid owner, and it goes.',
    sees: faultOf('owner'),
  },
  {
    id: 'quota',
    of: 'profile',
    remedy: 'release',
    way: 'Correct its resourceQuotaSpec or take it out, and it goes.',
    sees: faultOf('quota'),
  },
  {
    id: 'binding',
    of: 'profile',
    remedy: 'binding',
    way: 'Delete it: the controller makes it again, and goes on.',
    sees: (going) => {
      const binding = going.bindings?.find(stopsController);
      return binding === undefined || !held(going)
        ? undefined
        : {
            says: `The controller fails at RoleBinding ${binding.namespace}/${binding.name}, which has role ${binding.roleRef.name}: Kubernetes lets nobody change that (KP-083).`,
          };
    },
  },
  {
    id: 'namespace-first',
    of: 'profile',
    remedy: 'none',
    way: 'What holds the namespace must go first.',
    sees: (going) =>
      when(
        held(going) && going.namespace?.deleting === true,
        'Its namespace is being deleted, and the controller can make nothing in it.',
      ),
  },
  {
    id: 'controller-stopped',
    of: 'profile',
    remedy: 'finalizer',
    sees: (going) => {
      const { controller } = going;
      if (!held(going) || controller === undefined) return undefined;
      const deployment = valueOf(controller);
      const there = deployment === undefined ? CONTROLLER.namespaces[0] : deployment.namespace;
      return when(
        controller.state === 'absent' || deployment?.stopped === true,
        `Kubeflow's profile controller ${controller.state === 'absent' ? 'is not there' : 'does not run'} (deployment ${CONTROLLER.deployment} in namespace ${there}), and only it takes ${FINALIZER} away.`,
        controller.state === 'absent'
          ? 'Install it again, or agree that its finalizer is taken away.'
          : `Start it: kubectl scale deployment ${CONTROLLER.deployment} -n ${there} --replicas=1. Or agree that its finalizer is taken away.`,
      );
    },
  },
  {
    id: 'foreign-finalizer',
    of: 'profile',
    remedy: 'none',
    sees: ({ profile }) => {
      const others = finalizersOf(profile).filter((one) => one !== FINALIZER && !GARBAGE.has(one));
      return when(
        others.length > 0,
        `It waits for ${others.join(', ')}, which another program takes away when it has cleaned up.`,
        `Look whether that program runs, and into its log. Take such a finalizer away yourself only if you know what stays behind: kubectl edit profiles.kubeflow.org ${profile?.metadata.name ?? ''}.`,
      );
    },
  },
  {
    id: 'dead-api',
    of: 'namespace',
    remedy: 'none',
    sees: condition(
      /^(?=.*(?:discovery failed|list of server APIs))(?:.*list of server APIs: (?<apis>[^:]+))?/is,
      ({ apis }, going) => {
        const dead = going.deadApis ?? [];
        const [first] = dead;
        const names = dead.length > 0 ? dead.map(({ name }) => name).join(', ') : (apis ?? 'one of its APIs');
        const service = first?.service === undefined ? 'the service behind it' : `service ${first.service}`;
        return {
          says: `An API of the cluster does not answer (${names}), so that Kubernetes does not know what is in the namespace.`,
          way: `Make ${service} answer again. If nothing serves it any more, delete it: kubectl delete apiservice ${first?.name ?? '<its name>'}.`,
        };
      },
    ),
  },
  {
    id: 'webhook',
    of: 'namespace',
    remedy: 'none',
    sees: condition(
      /failed calling webhook "(?<hook>[^"]+)"(?:.*no endpoints available for service "(?<service>[^"]+)")?/is,
      ({ hook = '', service }) => ({
        says: `Admission webhook ${hook} does not answer${service === undefined ? '' : `: service ${service} has no endpoint`}, so that nothing of its kind can be deleted or changed.`,
        way: 'Start what serves the webhook. If it was removed, delete its ValidatingWebhookConfiguration or MutatingWebhookConfiguration: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations.',
      }),
    ),
  },
  {
    id: 'content-finalizer',
    of: 'namespace',
    remedy: 'none',
    sees: condition(/finalizers remaining: (?<finalizers>.+)/i, ({ finalizers = '' }, going) => ({
      says: `Something in the namespace has finalizers that nobody takes away: ${finalizers.replace(/\.$/, '')}.`,
      way: `Look whether the program that sets them runs. What is left: ${listCommand(going)}.`,
    })),
  },
  {
    id: 'content',
    of: 'namespace',
    remedy: 'none',
    sees: condition(/resources are remaining: (?<resources>.+)/i, ({ resources = '' }, going) => ({
      says: `In the namespace there is still: ${resources.replace(/\.$/, '')}.`,
      way: `If that does not become less, see what holds it: ${listCommand(going)}.`,
    })),
  },
  {
    id: 'deletion-failed',
    of: 'namespace',
    remedy: 'none',
    way: 'Remove that, then try again.',
    sees: condition(
      /failed to delete all resource types[^:]*: (?!.*failed calling webhook)(?<why>.+)/is,
      ({ why = '' }) => ({
        says: `Something in the namespace cannot be deleted: ${why.replace(/\.$/, '')}.`,
      }),
    ),
  },
];

/** What the garbage collector sets and takes away by itself. */
const GARBAGE: ReadonlySet<string> = new Set(['foregroundDeletion', 'orphan']);

/** A command that lists what is left in a namespace: the kinds that its conditions name. */
function listCommand({ namespace }: Going): string {
  const all = namespace?.remaining?.join(' ') ?? '';
  const kinds = [...all.matchAll(/([a-z0-9]+(?:\.[a-z0-9-]+)*)\.? has \d+ resource instances/g)].map(
    ([, kind]) => kind,
  );
  return `kubectl get ${kinds.length > 0 ? kinds.join(',') : 'all'} -n ${namespace?.name ?? ''}`;
}

function faultOf(part: SpecFault['part']): Row['sees'] {
  return (going) => {
    const fault = going.faults?.find((one) => one.part === part);
    return fault === undefined || !held(going)
      ? undefined
      : { says: `The controller stops before its last step: ${fault.message}` };
  };
}

/** The causes that are seen, the ones that stop first first. */
export function causesOf(going: Going): readonly Cause[] {
  return ROWS.flatMap(({ id, of, remedy, sees, way = '' }) => {
    if (of === 'namespace' && going.namespace?.deleting !== true) return [];
    const seen = sees(going);
    return seen === undefined ? [] : [{ id, remedy, says: seen.says, way: seen.way ?? way }];
  });
}

/**
 * The Profile so that the controller lets it go when it is deleted: each part that would stop it, or make it take from others what
 * they have in the trust policy, is put right or taken out. Undefined: it is so already. `namespace`: whose it is counts.
 */
export function released(
  profile: Profile,
  faults: readonly SpecFault[] = [],
  namespace?: Pick<Namespace, 'owner'>,
): Profile | undefined {
  const plugin = irsaPlugin(profile);
  let now = profile;
  if (plugin !== undefined && plugin.awsIamRole === undefined) now = without(now, PLUGIN_KIND);
  else if (plugin?.awsIamRole !== undefined && !plugin.annotateOnly)
    now = withPlugin(now, now.spec?.owner?.name ?? '', plugin.awsIamRole, true);
  now = without(now, 'WorkloadIdentity');
  const { owner } = now.spec ?? {};
  const theirs = namespace?.owner;
  const bad = faults.some(({ part }) => part === 'owner');
  if (bad || (theirs !== undefined && theirs !== '' && theirs !== owner?.name)) {
    const name = theirs === undefined || theirs === '' ? (owner?.name ?? '') : theirs;
    now = { ...now, spec: { ...now.spec, owner: bad ? { kind: 'User', name } : { kind: 'User', ...owner, name } } };
  }
  if (faults.some(({ part }) => part === 'quota')) {
    const spec = Object.entries(now.spec ?? {}).filter(([key]) => key !== 'resourceQuotaSpec');
    now = { ...now, spec: Object.fromEntries(spec) };
  }
  return now === profile ? undefined : now;
}

function without(profile: Profile, kind: string): Profile {
  const plugins = profile.spec?.plugins ?? [];
  if (!plugins.some((one) => one.kind === kind)) return profile;
  return { ...profile, spec: { ...profile.spec, plugins: plugins.filter((one) => one.kind !== kind) } };
}
