/** The OIDC provider of a cluster in IAM. */
import { absent, found } from '../reading.ts';
import { IAM_GUIDE, IAM_QUOTAS } from './sources.ts';
import { type Example, ARN, ISSUER } from './samples.ts';
import { modes } from './mode.ts';
import { problem, type Problem } from './problem.ts';
import type { ProfileView } from './view.ts';
import { AUDIENCE } from '../policy/build.ts';

export const providerModes = modes({
  'KP-025': {
    title: 'OIDC provider missing',
    severity: 'error',
    scope: 'cluster',
    symptom: 'STS answers InvalidIdentityToken: No OpenIDConnect provider found in your account.',
    cause: 'IAM has no OIDC provider for the issuer of the cluster.',
    fix: 'Create the provider with the audience sts.amazonaws.com.',
    sources: ['EKS User Guide, IAM OIDC provider for a cluster'],
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

/** OIDC providers of an account, unless its quota was raised (IAM User Guide, quotas). */
const QUOTA = 100;

/** KP-038: the cluster's provider is missing, and there is no room for it. */
function liveQuota({ cluster, provider, providers }: ProfileView): readonly Problem[] {
  if (provider?.state !== 'absent' || providers?.state !== 'found' || providers.value.length < QUOTA) return [];
  const message = `Account ${cluster.account} has ${providers.value.length} OIDC providers, and IAM allows ${QUOTA} unless the quota was raised: that of cluster ${cluster.name} cannot be made. Delete those of clusters that are gone.`;
  return [problem('KP-038', message)];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
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
