/** The OIDC provider of a cluster in IAM. */
import { absent, found } from '../reading.ts';
import { addItems, replaceValue } from '../document/edit.ts';
import { HOLE, textOf } from '../document/node.ts';
import { finding, type Seen } from '../finding.ts';
import { readPolicy } from '../policy/model.ts';
import type { Resource } from '../resource.ts';
import type { Folder } from './folder.ts';
import type { SeenIn } from './mode.ts';
import { IAM_GUIDE, IAM_QUOTAS } from './sources.ts';
import { type Example, ARN, ISSUER } from './samples.ts';
import { modes } from './mode.ts';
import { problem, type Problem } from './problem.ts';
import type { ProfileView } from './view.ts';
import { AUDIENCE } from '../policy/build.ts';
import { EKS_HOST, mendIssuer, readEks } from './trust/statement.ts';

export const providerModes = modes({
  'KP-025': {
    title: 'OIDC provider missing',
    severity: 'error',
    scope: 'cluster',
    symptom: 'STS answers InvalidIdentityToken: No OpenIDConnect provider found in your account.',
    cause:
      'IAM has no OIDC provider for the issuer of the cluster, or one whose URL is not quite that: without https://, with a slash or more behind the id.',
    fix: 'Create the provider with the URL that the cluster gives and the audience sts.amazonaws.com.',
    sources: ['EKS User Guide, IAM OIDC provider for a cluster', 'IAM API Reference, CreateOpenIDConnectProvider'],
    file: [writtenUrl],
    folder: [urlOfNobody],
    reads: ['provider'],
    live: [liveProvider],
  },
  'KP-027': {
    title: 'Audience missing at the OIDC provider',
    severity: 'error',
    scope: 'cluster',
    symptom: 'STS answers InvalidIdentityToken: Incorrect token audience.',
    cause: 'The client ids of the provider lack sts.amazonaws.com, or hold it with an invisible character.',
    fix: 'Add sts.amazonaws.com to the client ids and remove the damaged one.',
    sources: [IAM_GUIDE],
    file: [writtenAudiences],
    reads: ['provider'],
    live: [liveProvider],
  },
  'KP-035': {
    title: 'Old thumbprint of the OIDC provider',
    severity: 'hint',
    scope: 'cluster',
    symptom: 'None.',
    cause:
      'A provider keeps the thumbprint that it was made with, an invented one, or none. For public issuers, as those of EKS, IAM goes by its own list of authorities and does not ask for it.',
    fix: 'Nothing to do.',
    sources: ['IAM API Reference, CreateOpenIDConnectProvider', 'IAM User Guide, obtain the thumbprint'],
    notLive: 'Nothing depends on it, so that it is neither read nor judged.',
  },
  'KP-038': {
    title: 'Quota of OIDC providers reached',
    severity: 'error',
    scope: 'cluster',
    symptom: 'CreateOpenIDConnectProvider answers LimitExceeded.',
    cause: 'An account has 100 OIDC providers.',
    fix: 'Delete providers of clusters that are gone, or ask for a higher quota.',
    sources: [IAM_QUOTAS],
    reads: ['provider', 'providers'],
    live: [liveQuota],
  },
});

/** KP-025 and KP-027 */
function liveProvider({ cluster, provider: reading }: ProfileView): readonly Problem[] {
  if (reading === undefined || cluster.issuer === undefined) return [];
  if (reading.state === 'absent') {
    return [
      problem(
        'KP-025',
        `The account has no OIDC provider for cluster ${cluster.name}: AWS accepts no token of it.`,
        'associateProvider',
      ),
    ];
  }
  if (reading.state !== 'found' || reading.value.clientIds.includes(AUDIENCE)) return [];
  return [
    problem(
      'KP-027',
      `The OIDC provider of the cluster does not accept the audience ${AUDIENCE}.`,
      'associateProvider',
    ),
  ];
}

/** KP-025: the URL of a provider that is for EKS. */
function writtenUrl(thing: Resource): Seen[] {
  if (thing.kind !== 'provider' || thing.url.type !== 'string') return [];
  const written = String(thing.url.value);
  if (!EKS_HOST.test(written) || written.startsWith(HOLE)) return [];
  const right = `https://${mendIssuer(written).replace(BEHIND_ID, '$1')}`;
  if (right === written) return [];
  const message =
    'A provider counts for tokens whose issuer is just its URL: that of an EKS cluster is https://HOST/id/ID, without a slash or anything behind it.';
  return [
    finding('KP-025', thing.url, message, [
      { title: `Write ${right.replaceAll(HOLE, '…')}`, edits: [replaceValue(thing.url, right)], preferred: true },
    ]),
  ];
}
/** What follows the id of a cluster. */
const BEHIND_ID = /(\/id\/[0-9A-F]{32})\/.*$/i;

/** KP-027: the audiences of a provider that is for EKS. */
function writtenAudiences(thing: Resource): Seen[] {
  if (thing.kind !== 'provider' || thing.clientIds?.type !== 'array') return [];
  const { url, clientIds, isEks } = thing;
  if (!isEks && !EKS_HOST.test(textOf(url) ?? '')) return [];
  const texts = clientIds.items.map(textOf);
  if (texts.includes(AUDIENCE) || texts.some((one) => one === undefined || one.includes(HOLE))) return [];
  const near = clientIds.items[texts.findIndex((one) => NEAR_AUDIENCE.test(one?.replace(/[^ -~]/g, '') ?? ''))];
  const message = `The OIDC provider does not accept the audience ${AUDIENCE}: STS takes no token of the cluster.`;
  const fix = near
    ? { title: `Write ${AUDIENCE}`, edits: [replaceValue(near, AUDIENCE)], preferred: true }
    : { title: `Add ${AUDIENCE}`, edits: addItems(clientIds, [AUDIENCE]), preferred: true };
  return [finding('KP-027', near ?? clientIds, message, [fix])];
}
const NEAR_AUDIENCE = /^\s*(?:https?:\/\/)?sts\.amazonaws\.com[\s/]*$/i;

/** KP-025: the one provider of a folder, where all of its roles trust one other. */
function urlOfNobody({ placed }: Folder): readonly SeenIn[] {
  const folderIn = (file: string): string => file.replace(/[^\\/]*$/, '');
  const providers = placed.flatMap(({ file, resource }) =>
    resource.kind === 'provider' ? [{ file, ...resource }] : [],
  );
  return providers.flatMap(({ file, url }): SeenIn[] => {
    const [written, folder] = [mendIssuer(textOf(url) ?? ''), folderIn(file)];
    const isAlone = providers.filter((one) => folderIn(one.file) === folder).length === 1;
    if (!isAlone || !EKS_HOST.test(written) || written.includes(HOLE)) return [];
    const trusted = placed.flatMap(({ file: other, resource, context }) =>
      resource.kind === 'trust' && folderIn(other) === folder
        ? readPolicy(resource.root).statements.flatMap((one) => readEks(one, context).map(({ issuer }) => issuer))
        : [],
    );
    const [theirs] = trusted;
    if (theirs === undefined || !EKS_HOST.test(theirs) || theirs === written) return [];
    if (trusted.some((one) => one !== theirs)) return [];
    const message = `No role beside this provider trusts it: they trust that of ${theirs}. If that is the cluster, this is another's.`;
    return [{ file, finding: { ...finding('KP-025', url, message), severity: 'warning' } }];
  });
}

/** OIDC providers of an account, unless its quota was raised (IAM User Guide, quotas). */
const QUOTA = 100;

/** KP-038: the cluster's provider is missing, and there is no room for it. */
function liveQuota({ cluster, provider, providers }: ProfileView): readonly Problem[] {
  if (provider?.state !== 'absent' || providers?.state !== 'found' || providers.value.length < QUOTA) return [];
  const message = `Account ${cluster.account} has ${providers.value.length} OIDC providers, and IAM allows ${QUOTA} unless the quota was raised: that of cluster ${cluster.name} cannot be made. Delete those of clusters that are gone.`;
  return [problem('KP-038', message)];
}

const declared = (url: string, audience: string): string =>
  `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: OpenIDConnectProvider\nmetadata:\n  name: x\nspec:\n  url: ${url}\n  clientIDs:\n    - ${audience}\n`;

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'URL of an OIDC provider with a slash behind it',
    kind: 'manifest',
    text: declared(`https://${ISSUER}/`, AUDIENCE),
    finds: [['KP-025', `https://${ISSUER}/`]],
  },
  {
    name: 'OIDC provider without the audience of IRSA',
    kind: 'manifest',
    text: declared(`https://${ISSUER}`, 'kubernetes'),
    finds: [['KP-027', '- kubernetes']],
  },
  { name: 'no OIDC provider in the account', change: { provider: absent }, sees: ['KP-025'] },
  {
    name: 'no OIDC provider, and a hundred others',
    change: {
      provider: absent,
      providers: found(Array.from({ length: QUOTA }, (_, at) => `${ARN}oidc.example.com/id/${at}`)),
    },
    sees: ['KP-025', 'KP-038'],
  },
  {
    name: 'an OIDC provider for another audience',
    change: { provider: found({ arn: `${ARN}${ISSUER}`, clientIds: ['sts.amazonaws.com '] }) },
    sees: ['KP-027'],
  },
];
