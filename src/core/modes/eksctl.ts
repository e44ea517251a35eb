/** ClusterConfigs of eksctl: what it refuses, or passes over without a word, so that a service account gets no role or too few rights. */
import { parseArn, roleNameOf } from '../arn/arn.ts';
import { isTrue } from '../carriers.ts';
import { addEntry, renameKey, replaceValue } from '../document/edit.ts';
import { type DocNode, type DocObject, entry, find, get, textOf } from '../document/node.ts';
import { finding, type Fix, type Seen } from '../finding.ts';
import { closest } from '../policy/actions.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import type { Resource } from '../resource.ts';
import { type Folder, isOpen, type KnownProfile, placeOf } from './folder.ts';
import { hasHole, headOf, type ManifestContext, shorten } from './manifest.ts';
import type { Example } from './samples.ts';
import { modes, type SeenIn } from './mode.ts';

export const eksctlModes = modes({
  'KP-092': {
    title: 'ClusterConfig that eksctl does not take',
    severity: 'error',
    symptom: 'eksctl stops before it makes anything, or makes the role of a service account without its policies.',
    cause:
      'iam.serviceAccounts need iam.withOIDC: true, a name and something to attach. A key that eksctl does not know stops it; one that differs only by upper and lower case is passed over.',
    fix: 'Write the keys as eksctl has them, and iam.withOIDC: true.',
    sources: ['eksctl-io/eksctl pkg/apis/eksctl.io/v1alpha5/iam.go, validation.go', 'eksctl-io/eksctl pkg/eks/api.go'],
    file: [ofClusterConfig],
    folder: [besideProfiles],
    notLive: 'eksctl refuses the file, so that there is nothing to see; a role without policies is judged as such.',
  },
});

/** Keys that eksctl reads, by where they stand. */
const KEYS = {
  iam: 'serviceRoleARN serviceRolePermissionsBoundary fargatePodExecutionRoleARN fargatePodExecutionRolePermissionsBoundary withOIDC serviceAccounts podIdentityAssociations vpcResourceControllerPolicy',
  account:
    'metadata attachPolicyARNs wellKnownPolicies attachPolicy attachRoleARN permissionsBoundary status roleName roleOnly tags subjectPattern',
  metadata: 'name namespace labels annotations',
  association:
    'namespace serviceAccountName roleARN createServiceAccount roleName permissionsBoundaryARN permissionPolicyARNs permissionPolicyName permissionPolicy wellKnownPolicies tags targetRoleARN disableSessionTags policy',
} as const;

/** KP-092 */
function ofClusterConfig(thing: Resource, context: ManifestContext): Seen[] {
  if (thing.kind !== 'eksctl') return [];
  const iam = get(thing.root, 'iam');
  if (iam?.type !== 'object') return [];
  const accounts = items(get(iam, 'serviceAccounts'));
  return [
    ...misspelt(iam, KEYS.iam),
    ...(context.partial === true ? [] : withoutProvider(iam, accounts)),
    ...accounts.flatMap((one) => [
      ...misspelt(one, KEYS.account),
      ...misspelt(get(one, 'metadata'), KEYS.metadata),
      ...policyArns(get(one, 'attachPolicyARNs')),
      ...(context.partial === true ? [] : incomplete(one)),
    ]),
    ...items(get(iam, 'podIdentityAssociations')).flatMap((one) => [
      ...misspelt(one, KEYS.association),
      ...policyArns(get(one, 'permissionPolicyARNs')),
    ]),
  ];
}

const items = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

/** Keys that are a slip away from one that eksctl knows. What is far from all of them may be of a newer eksctl. */
function misspelt(object: DocNode | undefined, known: string): Seen[] {
  if (object?.type !== 'object') return [];
  const names = known.split(' ');
  return object.entries.flatMap(({ key, value }) => {
    const written = String(key.value);
    if (names.includes(written) || hasHole(key)) return [];
    const meant = names.find((name) => name.toLowerCase() === written.toLowerCase());
    const right = meant ?? closest(written, names);
    if (right === undefined) return [];
    const free = !entry(object, right);
    const fixes: Fix[] = free
      ? [{ title: `Rename to ${right}`, edits: [renameKey({ key, value }, right)], preferred: true }]
      : [];
    const message =
      meant === undefined
        ? `eksctl knows no ${shorten(written)} here, and stops. It is ${right}.`
        : `eksctl reads ${right}, and passes over ${shorten(written)} without a word.`;
    return [finding('KP-092', key, message, fixes)];
  });
}

/** Service accounts without `withOIDC: true`. */
function withoutProvider(iam: DocObject, accounts: readonly DocNode[]): Seen[] {
  const given = entry(iam, 'withOIDC');
  if (accounts.length === 0 || isTrue(given?.value) || (given && given.value.type !== 'boolean')) return [];
  const near = iam.entries.some(
    ({ key }) => String(key.value).toLowerCase() === 'withoidc' && key.value !== 'withOIDC',
  );
  if (!given && near) return [];
  const edits = given ? [replaceValue(given.value, true)] : addEntry(iam, 'withOIDC', true);
  const message =
    'eksctl create cluster stops here: it makes service accounts with roles only where iam.withOIDC is true. (eksctl create iamserviceaccount passes over this where the cluster has its provider.)';
  const where = given?.value ?? entry(iam, 'serviceAccounts')?.key ?? iam;
  const fixes: Fix[] = [{ title: 'Set withOIDC: true', edits, preferred: true }];
  return [finding('KP-092', where, message, fixes, given ? 'error' : 'warning')];
}

/** What a service account must have. */
function incomplete(account: DocNode): Seen[] {
  if (account.type !== 'object') return [];
  const attaches = /^(?:attachPolicy|attachPolicyARNs|attachRoleARN|wellKnownPolicies)$/i;
  const missing = [
    ...(find(account, 'metadata', 'name') ? [] : ['metadata.name']),
    ...(account.entries.some(({ key }) => attaches.test(String(key.value)) || hasHole(key))
      ? []
      : ['attachPolicyARNs, attachPolicy, wellKnownPolicies or attachRoleARN']),
  ];
  // A key that was merged in or misspelt further says what is missing, but not that it is missing.
  if (account.entries.some(({ key }) => !KEYS.account.split(' ').includes(String(key.value)))) return [];
  return missing.map((what) => finding('KP-092', headOf(account), `eksctl wants ${what} here, and stops.`));
}

/** ARNs of policies. */
function policyArns(list: DocNode | undefined): Seen[] {
  return items(list).flatMap((node) => {
    const text = textOf(node);
    if (text === undefined || isOpen(text)) return [];
    const arn = parseArn(text);
    if (arn?.service === 'iam' && arn.region === '' && arn.resource.startsWith('policy/')) return [];
    const message = `"${shorten(text)}" is not the ARN of a policy: expected arn:<partition>:iam::<account>:policy/<name>, with aws for an account where AWS owns it.`;
    return [finding('KP-092', node, message)];
  });
}

/** KP-012 and KP-030: service accounts in the namespaces of Profiles. */
function besideProfiles({ owned, clusterConfigs }: Folder): SeenIn[] {
  return clusterConfigs.flatMap(({ file, root }) =>
    items(find(root, 'iam', 'serviceAccounts')).flatMap((one) => {
      const [name, namespace] = [find(one, 'metadata', 'name'), find(one, 'metadata', 'namespace')];
      const profile = owned.find((each) => each.profile.name === textOf(namespace))?.profile;
      const given = textOf(name);
      if (!profile || !name || given === undefined) return [];
      const related = [{ ...placeOf(profile), message: `Profile ${profile.name}` }];
      const seen = given === SERVICE_ACCOUNT ? flips(one, name, profile) : nearlyNamed(name, given, profile.name);
      return seen.map((each) => ({ file, finding: { ...each, related } }));
    }),
  );
}

/** KP-012: eksctl gives default-editor a role, and the plugin another. */
function flips(account: DocNode, name: DocNode, { name: profile, role }: KnownProfile): Seen[] {
  const wanted = role && roleNameOf(String(role.value));
  if (wanted === undefined || get(account, 'roleOnly') || get(account, 'attachRoleARN')) return [];
  const given = get(account, 'roleName');
  const text = textOf(given);
  if (given && (text === undefined || isOpen(text) || text === wanted)) return [];
  const message = `The plugin of Profile ${profile} sets role ${wanted} and wins on every round: the annotation that eksctl writes flips back. Set roleOnly: true and roleName: ${wanted}.`;
  return [finding('KP-012', given ?? name, message)];
}

/** KP-030: eksctl lets in a service account that no pod of the profile has. */
function nearlyNamed(node: DocNode, name: string, profile: string): Seen[] {
  if (name === 'default-viewer' || closest(name, [SERVICE_ACCOUNT]) === undefined) return [];
  const message = `The pods of Profile ${profile} run as ${SERVICE_ACCOUNT}: the role that eksctl makes for ${shorten(name)} is nobody's.`;
  const fix: Fix = { title: `Change to ${SERVICE_ACCOUNT}`, edits: [replaceValue(node, SERVICE_ACCOUNT)] };
  return [finding('KP-030', node, message, [fix])];
}

const config = (iam: string): string =>
  `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: demo, region: us-west-2 }\niam:\n${iam}`;
const account = (rest: string): string =>
  `  serviceAccounts:\n    - metadata: { name: default-editor, namespace: team-a }\n${rest}`;
const READS = '      attachPolicyARNs: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]\n';

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'eksctl: service accounts without an OIDC provider',
    kind: 'manifest',
    text: config(`  withOIDC: false\n${account(READS)}`),
    finds: [['KP-092', 'false']],
  },
  {
    name: 'eksctl: keys of another case, and misspelt',
    kind: 'manifest',
    text: config(`  withOIDC: true\n${account(READS.replace('ARNs', 'ARNS'))}      rolName: team-a\n`),
    finds: [
      ['KP-092', 'attachPolicyARNS'],
      ['KP-092', 'rolName'],
    ],
  },
  {
    name: 'eksctl: nothing to attach',
    kind: 'manifest',
    text: config(`  withOIDC: true\n${account('      roleName: team-a\n')}`),
    finds: [['KP-092', 'metadata']],
  },
  {
    name: 'eksctl: a role for the ARN of a policy',
    kind: 'manifest',
    text: config(`  withOIDC: true\n${account(READS.replace('aws:policy', '111122223333:role'))}`),
    finds: [['KP-092', 'arn:aws:iam::111122223333:role/AmazonS3ReadOnlyAccess']],
  },
];
