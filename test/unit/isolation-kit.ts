/** Worlds for the isolation matrix: profiles of clusters with roles as the wizard makes them, and what is changed of them. */
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import type {
  IsolationWorld,
  WorldBucket,
  WorldCluster,
  WorldProfile,
  WorldRole,
} from '../../src/core/isolation/world.ts';
import { absent, found } from '../../src/core/reading.ts';

export const ACCOUNT = '111122223333';
export const OTHER = '444455556666';
export const BUCKET = 'artifacts';
export const issuerOf = (cluster: string): string =>
  `https://oidc.eks.us-west-2.amazonaws.com/id/${cluster.toUpperCase().padEnd(32, '0')}`;
export const providerOf = (cluster: string): string => providerArn('aws', ACCOUNT, issuerOf(cluster));
export const arnOf = (profile: string): string => `arn:aws:iam::${ACCOUNT}:role/${profile}-role`;

export const allow = (Action: unknown, Resource: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
export const deny = (Action: unknown, Resource: unknown, more: object = {}): object => ({
  ...allow(Action, Resource, more),
  Effect: 'Deny',
});
export const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
/** A statement that lets subjects in. */
export const letIn = (cluster: string, sub: unknown, more: object = {}): object => {
  const issuer = issuerOf(cluster).slice('https://'.length);
  return {
    Effect: 'Allow',
    Principal: { Federated: providerOf(cluster) },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringLike: { [`${issuer}:sub`]: sub, [`${issuer}:aud`]: 'sts.amazonaws.com' }, ...more },
  };
};

export const role = (
  profile: string,
  change: Partial<WorldRole> = {},
  cluster = 'dev',
  bucket = BUCKET,
): WorldRole => ({
  arn: arnOf(profile),
  name: `${profile}-role`,
  tags: {},
  trust: policyText(trustPolicy(providerOf(cluster), issuerOf(cluster), profile)),
  policies: [{ name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', bucket, profile, 'prefix')) }],
  ...change,
});
export const profile = (name: string, change: Partial<WorldProfile> = {}, bucket = BUCKET): WorldProfile => ({
  name,
  role: arnOf(name),
  place: { bucket, prefix: `${name}/` },
  ...change,
});
export const cluster = (
  name: string,
  profiles: readonly WorldProfile[],
  change: Partial<WorldCluster> = {},
): WorldCluster => ({
  name,
  region: 'us-west-2',
  account: ACCOUNT,
  partition: 'aws',
  issuer: issuerOf(name),
  audiences: found(['sts.amazonaws.com']),
  profiles,
  accounts: [],
  ...change,
});
export const world = (
  clusters: readonly WorldCluster[],
  roles: readonly WorldRole[],
  change: Partial<IsolationWorld> = {},
): IsolationWorld => ({
  clusters,
  roles,
  buckets: new Map<string, WorldBucket>([[BUCKET, { account: ACCOUNT, region: 'us-west-2', policy: absent }]]),
  keys: new Map(),
  limits: [],
  ...change,
});

/** Profiles `names` of cluster `dev`, each with a role of its own; a role's change by its profile. */
export const teams = (
  names: readonly string[],
  changes: Readonly<Record<string, Partial<WorldRole>>> = {},
  more: Partial<IsolationWorld> = {},
): IsolationWorld =>
  world(
    [
      cluster(
        'dev',
        names.map((name) => profile(name)),
      ),
    ],
    names.map((name) => role(name, changes[name])),
    more,
  );
