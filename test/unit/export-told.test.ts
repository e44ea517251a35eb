// All that is said beside an export of what is live, compared with one of which all is there: what is other in the files, and what is not
// in them. Each for few profiles and for many, of which lists are read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/core/plan/plan.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { exportOfPlan, gatherExport } from '../../src/estate/exported.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { besides } from './told.ts';
import { arnOf, cluster, policyFor, putProfile, requestFor, worldWithProvider, type World } from './world.ts';

const MANY = Array.from({ length: 12 }, (_, index) => `t${index + 10}`);
const FEW = ['t10', 't11'];

function made(names: readonly string[]): World {
  const here = worldWithProvider();
  for (const name of names)
    putProfile(here, name, {
      ...{ name: `role-${name}`, description: `of ${name}`, maxSession: 7200 },
      inline: [{ name: 'p', text: policyFor(name) }],
    });
  return here;
}
/** `<kind> <key>` of each thing, with what it has, then notes and what is missing. */
async function told(here: World, names: readonly string[] | undefined): Promise<readonly string[]> {
  const { exported, notes, missing } = await gatherExport(cluster, names, here.aws, here.kubernetes);
  return [
    ...exported.things.map(({ ref, value, there }) => {
      const { description, maxSession } = value as { readonly description?: string; readonly maxSession?: number };
      const more = [there ? undefined : 'to be made', description, maxSession].filter((one) => one !== undefined);
      return [`${ref.kind} ${ref.key}`, ...more].join(', ');
    }),
    ...notes.map((note) => `note: ${note}`),
    ...missing.map((one) => `missing: ${one}`),
  ];
}

const may = (permission: string) => () => Promise.resolve(denied(permission, 'Refused.'));
const cannot = () => Promise.resolve(failed('it broke off'));
const configMap = (here: World, namespace: string, name: string, data: Readonly<Record<string, string>>): void =>
  void here.configMaps.set(`${namespace}/${name}`, { namespace, name, data });
const associate = (here: World, namespace: string, role: string): void =>
  void here.associations.set(`a-${namespace}`, {
    namespace,
    serviceAccount: 'default-editor',
    roleArn: role,
    tags: {},
  });
const withoutRole = (here: World, name: string): void =>
  void here.profiles.set(name, { ...newProfile(name, 'a', '', true), spec: { owner: { kind: 'User', name: 'a' } } });

const CASES: readonly [
  title: string,
  change: (here: World) => void,
  few: readonly string[],
  many: readonly string[],
][] = [
  [
    'a profile is gone',
    (here) => void here.profiles.delete('t11'),
    [
      'missing: Profile t11 does not exist.',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t11',
    ],
    [
      'missing: Profile t11 does not exist.',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t11',
    ],
  ],
  [
    'profiles may not be read',
    (here) => {
      here.kubernetes.profile = may('get profiles');
      here.kubernetes.profiles = may('list profiles');
    },
    [
      'missing: Profile t10 cannot be read: you are not permitted to get profiles. Ask for this permission, then try again. Refused.',
      'missing: Profile t11 cannot be read: you are not permitted to get profiles. Ask for this permission, then try again. Refused.',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t10',
      '- k8s/profile t11',
    ],
    [
      'missing: The list of Profiles cannot be read: you are not permitted to list profiles. Ask for this permission, then try again. Refused.',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- iam/role role-t12, of t12, 7200',
      '- iam/role-policy role-t12/p',
      '- iam/role role-t13, of t13, 7200',
      '- iam/role-policy role-t13/p',
      '- iam/role role-t14, of t14, 7200',
      '- iam/role-policy role-t14/p',
      '- iam/role role-t15, of t15, 7200',
      '- iam/role-policy role-t15/p',
      '- iam/role role-t16, of t16, 7200',
      '- iam/role-policy role-t16/p',
      '- iam/role role-t17, of t17, 7200',
      '- iam/role-policy role-t17/p',
      '- iam/role role-t18, of t18, 7200',
      '- iam/role-policy role-t18/p',
      '- iam/role role-t19, of t19, 7200',
      '- iam/role-policy role-t19/p',
      '- iam/role role-t20, of t20, 7200',
      '- iam/role-policy role-t20/p',
      '- iam/role role-t21, of t21, 7200',
      '- iam/role-policy role-t21/p',
      '- k8s/profile t10',
      '- k8s/profile t11',
      '- k8s/profile t12',
      '- k8s/profile t13',
      '- k8s/profile t14',
      '- k8s/profile t15',
      '- k8s/profile t16',
      '- k8s/profile t17',
      '- k8s/profile t18',
      '- k8s/profile t19',
      '- k8s/profile t20',
      '- k8s/profile t21',
    ],
  ],
  [
    'a profile is being deleted',
    (here) => {
      const profile = here.profiles.get('t11');
      if (profile)
        here.profiles.set('t11', {
          ...profile,
          metadata: { ...profile.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
        });
    },
    [
      'missing: Profile t11 is being deleted.',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t11',
    ],
    [
      'missing: Profile t11 is being deleted.',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t11',
    ],
  ],
  [
    'no profile at all, and no provider',
    (here) => [here.profiles, here.providers].forEach((all) => all.clear()),
    [
      'missing: Profile t10 does not exist.',
      'missing: Profile t11 does not exist.',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- k8s/profile t10',
      '- k8s/profile t11',
    ],
    [
      'missing: Profile t10 does not exist.',
      'missing: Profile t11 does not exist.',
      'missing: Profile t12 does not exist.',
      'missing: Profile t13 does not exist.',
      'missing: Profile t14 does not exist.',
      'missing: Profile t15 does not exist.',
      'missing: Profile t16 does not exist.',
      'missing: Profile t17 does not exist.',
      'missing: Profile t18 does not exist.',
      'missing: Profile t19 does not exist.',
      'missing: Profile t20 does not exist.',
      'missing: Profile t21 does not exist.',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- iam/role role-t12, of t12, 7200',
      '- iam/role-policy role-t12/p',
      '- iam/role role-t13, of t13, 7200',
      '- iam/role-policy role-t13/p',
      '- iam/role role-t14, of t14, 7200',
      '- iam/role-policy role-t14/p',
      '- iam/role role-t15, of t15, 7200',
      '- iam/role-policy role-t15/p',
      '- iam/role role-t16, of t16, 7200',
      '- iam/role-policy role-t16/p',
      '- iam/role role-t17, of t17, 7200',
      '- iam/role-policy role-t17/p',
      '- iam/role role-t18, of t18, 7200',
      '- iam/role-policy role-t18/p',
      '- iam/role role-t19, of t19, 7200',
      '- iam/role-policy role-t19/p',
      '- iam/role role-t20, of t20, 7200',
      '- iam/role-policy role-t20/p',
      '- iam/role role-t21, of t21, 7200',
      '- iam/role-policy role-t21/p',
      '- k8s/profile t10',
      '- k8s/profile t11',
      '- k8s/profile t12',
      '- k8s/profile t13',
      '- k8s/profile t14',
      '- k8s/profile t15',
      '- k8s/profile t16',
      '- k8s/profile t17',
      '- k8s/profile t18',
      '- k8s/profile t19',
      '- k8s/profile t20',
      '- k8s/profile t21',
    ],
  ],
  [
    'no provider',
    (here) => here.providers.clear(),
    [
      'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF, to be made',
      'note: The cluster has no OIDC provider in IAM yet: in the files it is made.',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    ],
    [
      'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF, to be made',
      'note: The cluster has no OIDC provider in IAM yet: in the files it is made.',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    ],
  ],
  [
    'the provider cannot be read',
    (here) => void (here.aws.oidcProvider = cannot),
    [
      'missing: The OIDC provider cannot be read: it broke off',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    ],
    [
      'missing: The OIDC provider cannot be read: it broke off',
      '- iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    ],
  ],
  [
    'settings of pipelines, of which the controller made some',
    (here) => {
      configMap(here, 't10', 'kfp-launcher', { defaultPipelineRoot: 's3://artifacts/t10' });
      configMap(here, 't11', 'kfp-launcher', { defaultPipelineRoot: 'minio://mlpipeline/v2' });
      configMap(here, 't11', 'artifact-repositories', { x: 'y' });
      configMap(here, 'other', 'kfp-launcher', { defaultPipelineRoot: 's3://artifacts/other' });
    },
    ['k8s/config-map t10/kfp-launcher', 'k8s/config-map t11/artifact-repositories'],
    ['k8s/config-map t10/kfp-launcher', 'k8s/config-map t11/artifact-repositories'],
  ],
  [
    'settings that may not be read',
    (here) => {
      configMap(here, 't10', 'kfp-launcher', { defaultPipelineRoot: 's3://artifacts/t10' });
      here.kubernetes.configMap = (namespace) =>
        Promise.resolve(namespace === 't10' ? absent : denied('get configmaps', ''));
      here.kubernetes.configMaps = may('list configmaps');
    },
    [
      'missing: ConfigMap kfp-launcher cannot be read: you are not permitted to get configmaps. Ask for this permission, then try again.',
      'missing: ConfigMap artifact-repositories cannot be read: you are not permitted to get configmaps. Ask for this permission, then try again.',
    ],
    [
      'missing: ConfigMap kfp-launcher cannot be read: you are not permitted to list configmaps. Ask for this permission, then try again. Refused.',
      'missing: ConfigMap artifact-repositories cannot be read: you are not permitted to list configmaps. Ask for this permission, then try again. Refused.',
    ],
  ],
  [
    'settings that cannot be read',
    (here) => {
      here.kubernetes.configMap = cannot;
      here.kubernetes.configMaps = cannot;
    },
    [
      'missing: ConfigMap kfp-launcher cannot be read: it broke off',
      'missing: ConfigMap artifact-repositories cannot be read: it broke off',
    ],
    [
      'missing: ConfigMap kfp-launcher cannot be read: it broke off',
      'missing: ConfigMap artifact-repositories cannot be read: it broke off',
    ],
  ],
  [
    'associations, one of another namespace, and a profile that has nothing else',
    (here) => {
      withoutRole(here, 't11');
      associate(here, 't11', arnOf('role-t11'));
      associate(here, 'other', arnOf('role-other'));
    },
    ['eks/pod-identity t11/default-editor'],
    ['eks/pod-identity t11/default-editor'],
  ],
  [
    'a profile without a role',
    (here) => withoutRole(here, 't11'),
    ['missing: Profile t11 names no role.', '- iam/role role-t11, of t11, 7200', '- iam/role-policy role-t11/p'],
    ['missing: Profile t11 names no role.', '- iam/role role-t11, of t11, 7200', '- iam/role-policy role-t11/p'],
  ],
  [
    'associations may not be listed',
    (here) => void (here.aws.podIdentityAssociations = may('eks:ListPodIdentityAssociations')),
    [
      'missing: The list of Pod Identity associations cannot be read: you are not permitted to eks:ListPodIdentityAssociations. Ask for this permission, then try again. Refused.',
    ],
    [
      'missing: The list of Pod Identity associations cannot be read: you are not permitted to eks:ListPodIdentityAssociations. Ask for this permission, then try again. Refused.',
    ],
  ],
  [
    'EKS has no associations',
    (here) => void (here.aws.podIdentityAssociations = () => Promise.resolve(absent)),
    [],
    [],
  ],
  [
    'an association that may not be read, and one that is gone meanwhile',
    (here) => {
      associate(here, 't10', arnOf('role-t10'));
      associate(here, 't11', arnOf('role-t11'));
      here.aws.podIdentity = (_cluster, namespace) =>
        Promise.resolve(namespace === 't10' ? absent : denied('eks:DescribePodIdentityAssociation', ''));
    },
    [
      'missing: The Pod Identity association of t11/default-editor cannot be read: you are not permitted to eks:DescribePodIdentityAssociation. Ask for this permission, then try again.',
    ],
    [
      'missing: The Pod Identity association of t11/default-editor cannot be read: you are not permitted to eks:DescribePodIdentityAssociation. Ask for this permission, then try again.',
    ],
  ],
  [
    'roles that are none, of another account, at another path, gone, and not whole',
    (here) => {
      const name = (profile: string, role: string): void =>
        void here.profiles.set(profile, newProfile(profile, 'a', role, true));
      name('t10', 'none');
      name('t11', 'arn:aws:iam::999999999999:role/role-t11');
      name('t12', arnOf('teams/role-t12'));
      here.roles.delete('role-t13');
      const role = here.roles.get('role-t14');
      if (role) here.roles.set('role-t14', { ...role, unread: ['iam:GetRolePolicy', 'iam:ListRolePolicies'] });
      name('t15', arnOf('role-t16'));
    },
    [
      'missing: "none" is not the ARN of a role. It is the role of Profile t10.',
      'missing: Role arn:aws:iam::999999999999:role/role-t11 is in another account than the cluster. It is the role of Profile t11.',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
    ],
    [
      'note: Role role-t16: in the files its trust policy names system:serviceaccount:t15:default-editor and audience sts.amazonaws.com.',
      'missing: "none" is not the ARN of a role. It is the role of Profile t10.',
      'missing: Role arn:aws:iam::999999999999:role/role-t11 is in another account than the cluster. It is the role of Profile t11.',
      'missing: There is no role arn:aws:iam::111122223333:role/teams/role-t12: the one of this name is arn:aws:iam::111122223333:role/role-t12. It is the role of Profile t12.',
      'missing: Role role-t13 does not exist. It is the role of Profile t13.',
      'missing: Role role-t14 cannot be read whole: you are not permitted to iam:GetRolePolicy, iam:ListRolePolicies. It is the role of Profile t14.',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role-policy role-t10/p',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role-policy role-t11/p',
      '- iam/role role-t12, of t12, 7200',
      '- iam/role-policy role-t12/p',
      '- iam/role role-t13, of t13, 7200',
      '- iam/role-policy role-t13/p',
      '- iam/role role-t14, of t14, 7200',
      '- iam/role-policy role-t14/p',
      '- iam/role role-t15, of t15, 7200',
      '- iam/role-policy role-t15/p',
    ],
  ],
  [
    'what only a list of roles tells may not be read',
    (here) => void (here.aws.roleSettings = may('iam:ListRoles')),
    [],
    [
      'iam/role role-t10',
      'iam/role role-t11',
      'iam/role role-t12',
      'iam/role role-t13',
      'iam/role role-t14',
      'iam/role role-t15',
      'iam/role role-t16',
      'iam/role role-t17',
      'iam/role role-t18',
      'iam/role role-t19',
      'iam/role role-t20',
      'iam/role role-t21',
      'missing: Session length and description of the roles cannot be read: you are not permitted to iam:ListRoles. Ask for this permission, then try again. Refused.',
      '- iam/role role-t10, of t10, 7200',
      '- iam/role role-t11, of t11, 7200',
      '- iam/role role-t12, of t12, 7200',
      '- iam/role role-t13, of t13, 7200',
      '- iam/role role-t14, of t14, 7200',
      '- iam/role role-t15, of t15, 7200',
      '- iam/role role-t16, of t16, 7200',
      '- iam/role role-t17, of t17, 7200',
      '- iam/role role-t18, of t18, 7200',
      '- iam/role role-t19, of t19, 7200',
      '- iam/role role-t20, of t20, 7200',
      '- iam/role role-t21, of t21, 7200',
    ],
  ],
];
for (const [title, change, few, many] of CASES)
  test(title, async () => {
    for (const [names, lines] of [
      [FEW, few],
      [MANY, many],
    ] as const) {
      const here = made(names);
      change(here);
      assert.deepEqual(besides(await told(here, names), await told(made(names), names)), lines, `${names.length}`);
    }
  });

test('all is there', async () => {
  assert.deepEqual(await told(made(FEW), FEW), [
    'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    'iam/role role-t10, of t10, 7200',
    'iam/role-policy role-t10/p',
    'iam/role role-t11, of t11, 7200',
    'iam/role-policy role-t11/p',
    'k8s/profile t10',
    'k8s/profile t11',
  ]);
  assert.equal((await told(made(MANY), MANY)).length, 1 + 3 * MANY.length);
});
test('without names all profiles are read', async () => {
  const here = made(FEW);
  assert.deepEqual(await told(here, undefined), await told(here, FEW));
  here.kubernetes.profiles = cannot;
  assert.deepEqual(await told(here, undefined), [
    'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    'missing: The list of Profiles cannot be read: it broke off',
  ]);
});

test('of a plan for a role that is there, what is left alone in it is in the files, or said to be missing', async () => {
  const here = made(['t10']);
  const request = requestFor('t10', { role: { name: 'role-t10' } } as Partial<ReturnType<typeof requestFor>>);
  const { facts } = await lookAt(request, here.aws, here.connect);
  const plan: Plan = planProfile(request, facts);
  const says = async (done: boolean, role?: World['aws']['role']): Promise<readonly string[]> => {
    const { exported, missing } = await exportOfPlan(
      plan,
      cluster,
      { role: role ?? here.aws.role.bind(here.aws) },
      done,
    );
    return [
      ...exported.things.map(({ ref, there }) => `${ref.kind} ${ref.key}${there ? '' : ', to be made'}`),
      ...missing.map((one) => `missing: ${one}`),
    ];
  };
  assert.deepEqual(await says(false), [
    'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    'iam/role role-t10',
    'iam/role-policy role-t10/kf-pipeline-s3, to be made',
    'k8s/profile t10',
    'iam/role-policy role-t10/p',
  ]);
  assert.deepEqual(await says(true), [
    'iam/provider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    'iam/role role-t10',
    'iam/role-policy role-t10/kf-pipeline-s3',
    'k8s/profile t10',
    'iam/role-policy role-t10/p',
  ]);
  assert.deepEqual(
    (await says(true, cannot)).filter((line) => line.startsWith('missing')),
    ['missing: Role role-t10 cannot be read: it broke off'],
  );
  assert.deepEqual(
    (await says(true, () => Promise.resolve(absent))).filter((line) => line.startsWith('missing')),
    [],
  );
  const role = here.roles.get('role-t10') ?? [...here.roles.values()][0];
  assert.ok(role);
  const part = () => Promise.resolve(found({ ...role, unread: ['iam:GetRolePolicy', 'iam:ListRolePolicies'] }));
  assert.deepEqual(
    (await says(true, part)).filter((line) => line.startsWith('missing')),
    [
      'missing: What else is in role role-t10 is not known: you are not permitted to iam:GetRolePolicy, iam:ListRolePolicies.',
    ],
  );
});
