/** Instances of `KubeflowS3Profile` (kroGraph.ts), one a profile, and objects of ACK for what it cannot say. */
import { roleOfRef } from '../core/kinds.ts';
import {
  formerOfPolicy,
  issuerPath,
  keyOfPolicy,
  permissionsPolicy,
  POLICY_NAME,
  policyText,
  profilePrefix,
  providerArn,
  samePolicy,
  trustPolicy,
} from '../core/policy/build.ts';
import { derivedAccess } from '../core/policy/derived.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { LAUNCHER } from '../core/profile/pipelines.ts';
import { record } from '../core/records.ts';
import { ACK_NAMESPACE, ACK_NEXT, ackCannot, ackFiles, providersFirst } from './ack.ts';
import {
  DEFAULTS,
  GRAPH_NAME,
  GRAPH_ROLE,
  graphOf,
  INSTANCE_KIND,
  KRO_VERSION,
  PREFIX_PATTERN,
  type InstanceSpec,
} from './kroGraph.ts';
import { foldersOf, kustomization, objectName, ownTags, yamlFile, type KubeObject } from './objects.ts';
import {
  pathOfRole,
  profilesOf,
  type Exported,
  type ExportedCluster,
  type ExportedProfile,
  type Exporter,
  type OutputFile,
} from './things.ts';

/** A profile as an instance, or why it cannot be one, to follow "because". */
export function instanceOf(
  { name, profile, role, podIdentities, configMaps }: ExportedProfile,
  cluster: ExportedCluster,
): InstanceSpec | { readonly why: string } {
  if (role === undefined)
    return { why: irsaPlugin(profile) === undefined ? 'it has no role' : 'its role is not among what is exported' };
  const { owner, plugins = [], resourceQuotaSpec } = profile.spec ?? {};
  const { labels, annotations } = profile.metadata;
  const provider = providerArn(cluster.partition, cluster.account, cluster.issuer);
  if (!samePolicy(role.role.trustPolicy, policyText(trustPolicy(provider, cluster.issuer, name))))
    return { why: `the trust policy of role ${role.role.name} lets in more, or else, than its ${name}/default-editor` };
  const [policy, ...more] = role.policies;
  if (policy === undefined || policy.name !== POLICY_NAME || more.length > 0)
    return { why: `role ${role.role.name} has other inline policies than ${POLICY_NAME}` };
  const its = derivedAccess(policy.text);
  const kmsKey = keyOfPolicy(policy.text);
  const former = formerOfPolicy(policy.text);
  const built =
    its === undefined
      ? undefined
      : permissionsPolicy(cluster.partition, its.bucket, name, its.access, kmsKey, its.prefix, former);
  if (its === undefined || built === undefined || !samePolicy(policy.text, policyText(built)))
    return { why: `policy ${POLICY_NAME} of role ${role.role.name} is not one that is made here` };
  if (![its.prefix, former?.prefix].every((prefix = '') => new RegExp(PREFIX_PATTERN).test(prefix)))
    return { why: `the prefix of policy ${POLICY_NAME} has characters that kro's pattern does not take` };
  if (plugins.length !== 1) return { why: 'it has other plugins besides' };
  const { hard = {}, ...scopes } = record(resourceQuotaSpec);
  if (Object.keys(scopes).length > 0) return { why: 'its quota has scopes' };
  if (Object.keys({ ...labels, ...annotations }).length > 0) return { why: 'it has labels or annotations of its own' };
  if (podIdentities.length > 0) return { why: 'it has a Pod Identity association' };
  const launcher = configMaps.find(({ value }) => value.name === LAUNCHER)?.value;
  if (Object.keys(launcher?.annotations ?? {}).length > 0) return { why: `its ${LAUNCHER} has annotations of its own` };
  const { boundary, description = '', maxSession, tags } = role.role;
  const path = pathOfRole(role.role);
  const ownerKind = owner?.kind ?? DEFAULTS.ownerKind;
  const own = Object.fromEntries(ownTags(tags));
  const quota = Object.entries(record(hard));
  return {
    name,
    owner: owner?.name ?? '',
    ...(ownerKind === DEFAULTS.ownerKind ? {} : { ownerKind }),
    account: cluster.account,
    ...(cluster.partition === DEFAULTS.partition ? {} : { partition: cluster.partition }),
    issuer: issuerPath(cluster.issuer),
    bucket: its.bucket,
    ...(its.access === DEFAULTS.access ? {} : { access: its.access }),
    ...(its.prefix === undefined || its.prefix === profilePrefix(name) ? {} : { prefix: its.prefix }),
    ...(kmsKey === undefined ? {} : { kmsKey }),
    ...(former === undefined ? {} : { former }),
    roleName: role.role.name,
    ...(path === DEFAULTS.path ? {} : { path }),
    ...(boundary === undefined ? {} : { boundary }),
    ...(description === '' ? {} : { description }),
    ...(maxSession === undefined || maxSession === DEFAULTS.maxSession ? {} : { maxSession }),
    ...(role.attached.length === 0 ? {} : { managedPolicies: role.attached }),
    ...(Object.keys(own).length === 0 ? {} : { tags: own }),
    ...(quota.length === 0 ? {} : { quota: Object.fromEntries(quota.map(([key, value]) => [key, String(value)])) }),
    ...(launcher === undefined ? {} : { launcher: launcher.data }),
  };
}

interface Split {
  readonly instances: readonly { readonly name: string; readonly spec: InstanceSpec }[];
  /** Everything that no instance makes. */
  readonly rest: Exported;
  readonly cannot: readonly string[];
}

function split(exported: Exported): Split {
  const judged = profilesOf(exported).map((one) => ({ ...one, result: instanceOf(one, exported.cluster) }));
  const instances = judged.flatMap(({ name, result }) => ('why' in result ? [] : [{ name, spec: result }]));
  const names = new Set(instances.map(({ name }) => name));
  const roles = new Set(instances.map(({ spec }) => spec.roleName));
  return {
    instances,
    rest: {
      cluster: exported.cluster,
      things: exported.things.filter(({ ref }) => {
        const role = roleOfRef(ref);
        if (role !== undefined) return !roles.has(role);
        if (ref.kind === 'k8s/profile') return !names.has(ref.key);
        return !(
          ref.kind === 'k8s/config-map' &&
          ref.key.endsWith(`/${LAUNCHER}`) &&
          names.has(ref.key.split('/')[0] ?? '')
        );
      }),
    },
    cannot: judged.flatMap(({ name, result }) =>
      'why' in result
        ? [
            `Profile ${name} is no ${INSTANCE_KIND}, because ${result.why}. It is in the files as objects of ACK and Kubeflow instead.`,
          ]
        : [],
    ),
  };
}

const instance = (name: string, spec: InstanceSpec): KubeObject => ({
  apiVersion: KRO_VERSION,
  kind: INSTANCE_KIND,
  metadata: { name, namespace: ACK_NAMESPACE },
  spec,
});

function clusterFiles(folder: string, { instances, rest }: Split): readonly OutputFile[] {
  return [
    ...ackFiles(rest, folder, instances.length === 0 ? [] : ['instances']),
    ...(instances.length === 0
      ? []
      : [
          kustomization(
            `${folder}/instances`,
            instances.map(({ name }) => `${objectName(name)}.yaml`),
            { namespace: ACK_NAMESPACE },
            [
              `Who may make a ${INSTANCE_KIND} here makes IAM roles: keep users of Kubeflow out of this namespace.`,
              'Deleting one deletes its Profile, and with it the namespace and all that is in it.',
            ],
          ),
        ]),
    ...instances.map(({ name, spec }) =>
      yamlFile(`${folder}/instances/${objectName(name)}.yaml`, [instance(name, spec)]),
    ),
  ];
}

export const kro: Exporter = (all) => {
  const folders = foldersOf(all);
  const parts = all.map(split);
  const version = all.flatMap(({ things }) =>
    things.flatMap(({ ref, value }) => (ref.kind === 'k8s/profile' ? [(value as KubeObject).apiVersion] : [])),
  )[0];
  return {
    files: [
      kustomization('definition', [`${GRAPH_NAME}.yaml`, 'access.yaml'], {}, [
        'Once in each cluster, before the profiles of its folder.',
      ]),
      yamlFile(
        `definition/${GRAPH_NAME}.yaml`,
        [graphOf(version ?? 'kubeflow.org/v1')],
        [
          'A Kubeflow profile with its IAM role for S3, as one object. Needs kro 0.9 or later, and the ACK controller of IAM.',
          'The policies let in service account default-editor of the profile alone, and nothing outside of its prefix.',
        ],
      ),
      yamlFile(
        'definition/access.yaml',
        [GRAPH_ROLE],
        ['For a kro whose rights are aggregated (rbac.mode: aggregation).'],
      ),
      ...parts.flatMap((part, index) => clusterFiles(folders[index] ?? part.rest.cluster.name, part)),
    ],
    cannot: parts.flatMap(({ rest, cannot }) => [...cannot, ...ackCannot(rest)]),
    next: [
      'Install kro 0.9 or later, or switch on the kro capability of EKS.',
      ...ACK_NEXT,
      'kubectl apply -k definition',
      `kubectl wait --for=condition=Ready resourcegraphdefinition/${GRAPH_NAME}`,
      ...all.flatMap((exported, index) => providersFirst(exported, folders[index] ?? exported.cluster.name)),
      ...folders.map((folder) => `kubectl apply -k ${folder}`),
      `kubectl get ${INSTANCE_KIND.toLowerCase()}s -n ${ACK_NAMESPACE}`,
      `To move back: never delete an instance, because its Profile goes with it. Annotate it with kro.run/reconcile=suspended, and carry on here.`,
    ],
  };
};
