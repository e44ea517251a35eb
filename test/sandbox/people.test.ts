/** How people sign in to the sandbox's Kubeflow: Dex as its manifests have it, a user pool of Cognito, KFAM's contributors. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { KubeObject } from '../../sandbox/kube.ts';
import { addContributor } from '../../sandbox/people.ts';
import { call, type Answer } from '../../sandbox/sigv4.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
});
after(() => sandbox.stop());

const find = <T extends object = KubeObject>(path: string): Promise<T | undefined> =>
  sandbox.clusters.kubeflowDev.kube.find<T>(path);
const DEX = '/api/v1/namespaces/auth';
const DEPLOYMENT = '/apis/apps/v1/namespaces/auth/deployments/dex';
const INGRESS = '/apis/networking.k8s.io/v1/namespaces/istio-system/ingresses/istio-ingress';

describe('people', () => {
  test('Dex has its ConfigMap with static passwords, whose hash is in a Secret, and a Deployment', async () => {
    const map = await find<{ data: Record<string, string> }>(`${DEX}/configmaps/dex`);
    assert.match(
      map?.data['config.yaml'] ?? '',
      /staticPasswords:\n- email: user@example\.com\n {2}hashFromEnv: DEX_USER_PASSWORD/,
    );
    const secret = await find<{ data: Record<string, string> }>(`${DEX}/secrets/dex-passwords`);
    assert.match(Buffer.from(secret?.data['DEX_USER_PASSWORD'] ?? '', 'base64').toString(), /^\$2[aby]\$12\$.{53}$/);
    const deployment = JSON.stringify((await find(DEPLOYMENT))?.['spec']);
    assert.match(
      deployment,
      /"envFrom":\[{"secretRef":{"name":"dex-oidc-client"}},{"secretRef":{"name":"dex-passwords"}}\]/,
    );
    assert.match(deployment, /"configMap":{"name":"dex"/);
    assert.equal(await find(INGRESS), undefined);
  });

  test('or the load balancer asks a user pool: the ingress names it, and Dex is not there', async () => {
    await sandbox.changeKubeflow({ people: 'cognito' });
    const annotations = (await find(INGRESS))?.metadata.annotations ?? {};
    assert.equal(annotations['alb.ingress.kubernetes.io/auth-type'], 'cognito');
    const named = JSON.parse(annotations['alb.ingress.kubernetes.io/auth-idp-cognito'] ?? '') as object;
    assert.deepEqual(named, {
      UserPoolArn: sandbox.userPool.arn,
      UserPoolClientId: sandbox.userPool.clientId,
      UserPoolDomain: sandbox.userPool.domain,
    });
    assert.match(sandbox.userPool.arn, /^arn:aws:cognito-idp:us-west-2:111122223333:userpool\/us-west-2_\w+$/);
    for (const path of [`${DEX}/configmaps/dex`, `${DEX}/secrets/dex-passwords`, DEPLOYMENT])
      assert.equal(await find(path), undefined);
    await sandbox.changeKubeflow({ people: 'dex' });
    assert.ok(await find(DEPLOYMENT));
    assert.equal(await find(INGRESS), undefined);
  });

  test('a contributor is a RoleBinding and an AuthorizationPolicy of one name', async () => {
    await addContributor(sandbox.clusters.kubeflowDev.kube, 'team-a', 'Dana.Doe@example.com', 'edit');
    const name = 'user-dana-doe-example-com-clusterrole-edit';
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const binding = await find<KubeObject & { roleRef: { name: string }; subjects: { name: string }[] }>(
      `${rbac}/namespaces/team-a/rolebindings/${name}`,
    );
    const policy = await find(`/apis/security.istio.io/v1/namespaces/team-a/authorizationpolicies/${name}`);
    for (const object of [binding, policy])
      assert.deepEqual(object?.metadata.annotations, { user: 'Dana.Doe@example.com', role: 'edit' });
    assert.equal(binding?.roleRef.name, 'kubeflow-edit');
    assert.equal(binding.subjects[0]?.name, 'Dana.Doe@example.com');
    assert.match(
      JSON.stringify(policy?.['spec']),
      /request\.headers\[kubeflow-userid\]","values":\["Dana\.Doe@example\.com"\]/,
    );
    for (const role of ['admin', 'edit', 'view']) assert.ok(await find(`${rbac}/clusterroles/kubeflow-${role}`));
    assert.ok(
      await find('/apis/security.istio.io/v1beta1/namespaces/team-a/authorizationpolicies/ns-owner-access-istio'),
    );
  });
});

describe('Cognito', () => {
  const cognito = (
    operation: string,
    body: object,
    user: 'sandbox-admin' | 'sandbox-readonly' = 'sandbox-admin',
  ): Promise<Answer> =>
    call(sandbox.endpoint, {
      service: 'cognito-idp',
      region: 'us-west-2',
      credentials: sandbox.credentials[user],
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      },
      body: JSON.stringify(body),
    });
  const read = async <T>(operation: string, body: object): Promise<T> => {
    const { status, text } = await cognito(operation, body);
    assert.equal(status, 200, text);
    return JSON.parse(text) as T;
  };
  const pool = (): string => sandbox.userPool.arn.split('/')[1] ?? '';
  const fault = ({ status, text }: Answer): string => {
    const { __type: type, message } = JSON.parse(text) as { __type: string; message: string };
    return `${status} ${type}: ${message}`;
  };

  test('has a pool with people, whose user name is an id', async () => {
    const { UserPools } = await read<{ UserPools: { Id: string; Name: string }[] }>('ListUserPools', {
      MaxResults: 60,
    });
    assert.deepEqual(
      UserPools.map(({ Id, Name }) => [Id, Name]),
      [[pool(), 'kubeflow-users']],
    );
    const { UserPool } = await read<{
      UserPool: { UsernameAttributes: string[]; Policies: { PasswordPolicy: { MinimumLength: number } } };
    }>('DescribeUserPool', { UserPoolId: pool() });
    assert.deepEqual(UserPool.UsernameAttributes, ['email']);
    assert.equal(UserPool.Policies.PasswordPolicy.MinimumLength, 8);
    const { Users } = await read<{ Users: { Username: string; Attributes: { Name: string; Value: string }[] }[] }>(
      'ListUsers',
      {
        UserPoolId: pool(),
        Filter: 'email = "alice@example.com"',
      },
    );
    assert.match(Users[0]?.Username ?? '', /^[0-9a-f-]{36}$/);
  });

  test('makes a user once, whatever the case, and holds a password against the pool’s policy', async () => {
    const make = (Username: string, more: object = {}): Promise<Answer> =>
      cognito('AdminCreateUser', { UserPoolId: pool(), Username, ...more });
    for (const [TemporaryPassword, message] of [
      ['short1A', 'Password not long enough'],
      ['lowercase-1', 'Password must have uppercase characters'],
      ['UPPERCASE-1', 'Password must have lowercase characters'],
      ['No-numbers', 'Password must have numeric characters'],
      ['NoSymbols1', 'Password must have symbol characters'],
    ])
      assert.equal(
        fault(await make('erin@example.com', { TemporaryPassword })),
        `400 InvalidPasswordException: Password did not conform with policy: ${message}`,
      );
    const made = await make('erin@example.com', { TemporaryPassword: 'Good-enough1' });
    assert.equal(made.status, 200, made.text);
    assert.match(made.text, /FORCE_CHANGE_PASSWORD/);
    assert.equal((await cognito('AdminGetUser', { UserPoolId: pool(), Username: 'erin@example.com' })).status, 200);
    assert.equal(fault(await make('Erin@Example.com')), '400 UsernameExistsException: User account already exists');
    assert.match(fault(await make('erin')), /InvalidParameterException/);
    assert.equal((await make('frank@example.com')).status, 200, 'with an invitation');
  });

  test('asks IAM: of the pool’s ARN', async () => {
    for (const [operation, body] of [
      ['ListUserPools', { MaxResults: 1 }],
      ['DescribeUserPool', { UserPoolId: pool() }],
      ['ListUsers', { UserPoolId: pool() }],
      ['AdminGetUser', { UserPoolId: pool(), Username: 'alice@example.com' }],
      ['AdminCreateUser', { UserPoolId: pool(), Username: 'gina@example.com' }],
    ] as const)
      assert.match(
        fault(await cognito(operation, body, 'sandbox-readonly')),
        new RegExp(
          `^400 AccessDeniedException: User: \\S+user/sandbox-readonly is not authorized to perform: cognito-idp:${operation} on resource: arn:aws:cognito-idp:us-west-2:111122223333:userpool/\\S+ because no identity-based policy allows`,
        ),
      );
  });
});
