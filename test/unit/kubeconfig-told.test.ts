// What a plan for kubeconfigs says and what becomes of their texts, without files: each case whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesFor, type KubeconfigEntries } from '../../src/core/kubeconfig/entries.ts';
import { LONGEST, readEntries } from '../../src/core/kubeconfig/read.ts';
import { withEntries } from '../../src/core/kubeconfig/write.ts';
import { planKubeconfig, type KubeconfigFile, type KubeconfigWish } from '../../src/core/plan/kubeconfig.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { besides, told } from './told.ts';
import { cluster as dev } from './world.ts';

const cluster: Cluster = { ...dev, certificateAuthority: 'LS0tLS1CRUdJTg==' };
const { arn } = cluster;
const wanted = entriesFor(cluster, {}) as KubeconfigEntries;
const read = (text: string) => {
  const entries = readEntries(text, arn);
  assert.ok(typeof entries !== 'string');
  return entries;
};
const written = (text: string, after: KubeconfigEntries | undefined, before?: KubeconfigEntries): string => {
  const edited = withEntries(text, arn, before, after);
  return typeof edited === 'string' ? edited : edited.text;
};
const file = (
  path: string,
  text: string | KubeconfigFile['reading'],
  more: Partial<KubeconfigFile> = {},
): KubeconfigFile => ({
  path,
  reading: typeof text === 'string' ? found(read(text)) : text,
  ...more,
});
const OURS = written('', wanted);
const THEIRS = `clusters:
- {name: kind, cluster: {server: "https://127.0.0.1:6443"}}
users:
- {name: kind, user: {token: s3cr3t}}
contexts:
- {name: kind, context: {cluster: kind, user: kind}}
current-context: kind
`;
const ALIASED = written(THEIRS, entriesFor(cluster, { alias: 'mine' }));
const OTHER_USER = `users:\n- {name: "${arn}", user: {token: s3cr3t}}\n`;

const PLANS: readonly [
  title: string,
  files: readonly KubeconfigFile[],
  wish: KubeconfigWish,
  lines: readonly string[],
][] = [
  [
    'a file that is not there',
    [file('/a', absent)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'create Kubeconfig /a',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/a: nothing -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'the same, and the context is chosen',
    [file('/a', absent)],
    { switch: true },
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'create Kubeconfig /a',
      '/a: nothing -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev, current arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'a file of others',
    [file('/a', THEIRS)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /a',
      '! As it is now, the file is kept beside it, for you alone to read: a.kubeflow-irsa.bak.',
      '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/a:  -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'the same, and the context is chosen',
    [file('/a', THEIRS)],
    { switch: true },
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /a',
      '! As it is now, the file is kept beside it, for you alone to read: a.kubeflow-irsa.bak.',
      '/a: current kind -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev, current arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'one that has it already',
    [file('/a', OURS)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/a: cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'one that has it already, and it is chosen',
    [file('/a', `${OURS}current-context: ${arn}\n`)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '/a: cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'the same, and it is to be chosen',
    [file('/a', `${OURS}current-context: ${arn}\n`)],
    { switch: true },
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '/a: cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev, current arn:aws:eks:us-west-2:111122223333:cluster/dev -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev, current arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'another alias',
    [file('/a', ALIASED)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /a',
      '! As it is now, the file is kept beside it, for you alone to read: a.kubeflow-irsa.bak.',
      '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/a: cluster, user, context mine -> cluster, user, context mine, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'the same alias',
    [file('/a', ALIASED)],
    { alias: 'mine' },
    [
      'Context mine, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '! The current context stays kind. For this cluster: kubectl --context mine',
      '/a: cluster, user, context mine -> cluster, user, context mine',
    ],
  ],
  [
    'an alias of another cluster',
    [file('/a', THEIRS)],
    { alias: 'kind' },
    [
      'Context kind, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Context kind: /a has a context kind of cluster kind: choose another alias.',
    ],
  ],
  [
    'an alias of no cluster',
    [file('/a', 'contexts:\n- {name: x, context: {user: kind}}\n')],
    { alias: 'x' },
    [
      'Context x, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Context x: /a has a context x of no cluster: choose another alias.',
    ],
  ],
  [
    'an alias that is none',
    [file('/a', THEIRS)],
    { alias: '' },
    [
      'Context , token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Context : "": a context needs a name without blanks around it.',
    ],
  ],
  [
    'a user with a token',
    [file('/a', OTHER_USER)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) User arn:aws:eks:us-west-2:111122223333:cluster/dev: /a has a user arn:aws:eks:us-west-2:111122223333:cluster/dev with credentials of its own, which would be lost. Rename it there, or name another file.',
    ],
  ],
  [
    'a user with a token in the second file, and the cluster in the first',
    [
      file(
        '/a',
        written('', { arn, contexts: [], ...(wanted.cluster === undefined ? {} : { cluster: wanted.cluster }) }),
      ),
      file('/b', OTHER_USER),
    ],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) User arn:aws:eks:us-west-2:111122223333:cluster/dev: /b has a user arn:aws:eks:us-west-2:111122223333:cluster/dev with credentials of its own, which would be lost. Rename it there, or name another file.',
    ],
  ],
  [
    'two files, of which the second has a current context',
    [file('/a', 'clusters: []\n'), file('/b', THEIRS)],
    { switch: true },
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /a',
      'change Kubeconfig /b',
      '! As it is now, each file is kept beside it, for you alone to read: a.kubeflow-irsa.bak, b.kubeflow-irsa.bak.',
      '/a:  -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/b: current kind -> current arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'two files, of which the second has the alias',
    [file('/a', THEIRS), file('/b', ALIASED)],
    { alias: 'mine' },
    [
      'Context mine, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /b',
      '! The current context stays kind. For this cluster: kubectl --context mine',
      '/b: cluster, user, context mine -> cluster, user, context mine',
    ],
  ],
  [
    'two files, of which the first is not there',
    [file('/a', absent), file('/b', THEIRS)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /b',
      '! As it is now, the file is kept beside it, for you alone to read: b.kubeflow-irsa.bak.',
      '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/b:  -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'two files that are not there',
    [file('/a', absent), file('/b', absent)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'create Kubeconfig /b',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/b: nothing -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'no files',
    [],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'a file that may not be read',
    [file('/a', denied('read', 'No.'))],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Kubeconfig /a: /a cannot be read: you are not permitted to read. Ask for this permission, then try again. No. Mend the file, or name another one.',
    ],
  ],
  [
    'a file that cannot be read beside one that can',
    [file('/a', failed('it is no valid YAML (line 1, column 2)')), file('/b', THEIRS)],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Kubeconfig /a: /a cannot be read: it is no valid YAML (line 1, column 2). Mend the file, or name another one.',
    ],
  ],
  [
    'a link',
    [file('/a', THEIRS, { target: '/b' })],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Kubeconfig /a: /a is a link to /b. It is not followed unasked: name the file that it leads to.',
    ],
  ],
  [
    'a link that needs no change',
    [file('/a', OURS, { target: '/b' })],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '/a: cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'a link to nothing',
    [file('/a', absent, { target: 'a file that is not there' })],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Kubeconfig /a: /a is a link to a file that is not there. It is not followed unasked: name the file that it leads to.',
    ],
  ],
  [
    'a file that cannot be written, and others may read',
    [file('/a', THEIRS, { fixed: 'you may not write it', open: true })],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'blocked (kubeconfig) Kubeconfig /a: /a cannot be written: you may not write it.',
    ],
  ],
  [
    'the same, and it needs no change',
    [file('/a', OURS, { fixed: 'you may not write it', open: true })],
    {},
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev, token by aws eks get-token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'keep Kubeconfig /a',
      '! The current context stays unset. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '! Others of this machine may read /a. That stays so; chmod 600 ends it.',
      '/a: cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'a profile and a token of our own',
    [file('/dir/config', THEIRS, { open: true })],
    { awsProfile: 'dev', ownToken: ['/bin/node', 'x'] },
    [
      'Context arn:aws:eks:us-west-2:111122223333:cluster/dev with AWS profile dev, token by kubeflow-irsa token',
      'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      'change Kubeconfig /dir/config',
      '! As it is now, the file is kept beside it, for you alone to read: config.kubeflow-irsa.bak.',
      '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '! Others of this machine may read /dir/config. That stays so; chmod 600 ends it.',
      '/dir/config:  -> cluster, user, context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
];
for (const [title, files, wish, lines] of PLANS)
  test(`${title} ${JSON.stringify(wish)}`, () => {
    const plan = planKubeconfig(wish, cluster, { files, hasCommand: true });
    const changes = plan.changes.map(({ ref, before, after }) => {
      const [was, is] = [before, after].map((one) => one as KubeconfigEntries | undefined);
      const parts = (entries: KubeconfigEntries | undefined): string =>
        entries === undefined
          ? 'nothing'
          : [
              ...(entries.cluster === undefined ? [] : ['cluster']),
              ...(entries.user === undefined ? [] : ['user']),
              ...entries.contexts.map(({ name }) => `context ${name}`),
              ...(entries.current === undefined ? [] : [`current ${entries.current}`]),
            ].join(', ');
      return `${ref.key}: ${parts(was)} -> ${parts(is)}`;
    });
    assert.deepEqual([plan.wish, ...told(plan), ...changes], lines);
  });

test('a command that is not there, and a cluster that is not ready', () => {
  const starting = JSON.parse(JSON.stringify({ ...cluster, endpoint: undefined, status: 'CREATING' })) as Cluster;
  const files = [file('/a', THEIRS)];
  assert.deepEqual(told(planKubeconfig({}, cluster, { files, hasCommand: false })), [
    'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
    'change Kubeconfig /a',
    '! As it is now, the file is kept beside it, for you alone to read: a.kubeflow-irsa.bak.',
    '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    '! The command aws is not found on this machine: kubectl cannot get a token until it is installed.',
  ]);
  assert.deepEqual(told(planKubeconfig({ ownToken: ['kubeflow-irsa'] }, cluster, { files, hasCommand: false })), [
    'keep EKS cluster dev in us-west-2: arn:aws:eks:us-west-2:111122223333:cluster/dev',
    'change Kubeconfig /a',
    '! As it is now, the file is kept beside it, for you alone to read: a.kubeflow-irsa.bak.',
    '! The current context stays kind. For this cluster: kubectl --context arn:aws:eks:us-west-2:111122223333:cluster/dev',
    '! The command kubeflow-irsa is not found on this machine: kubectl cannot get a token until it is installed.',
  ]);
  assert.deepEqual(told(planKubeconfig({}, starting, { files, hasCommand: true })), [
    'blocked (cluster) EKS cluster dev: The cluster is CREATING: wait until it is ACTIVE.',
  ]);
});

/** The entries alone, as they are written into a file of their own. */
const ALONE = [
  'apiVersion: v1',
  'kind: Config',
  'clusters:',
  '  - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  '    cluster:',
  '      server: https://127.0.0.1:1',
  '      certificate-authority-data: LS0tLS1CRUdJTg==',
  'users:',
  '  - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  '    user:',
  '      exec:',
  '        apiVersion: client.authentication.k8s.io/v1beta1',
  '        command: aws',
  '        args:',
  '          - "--region"',
  '          - us-west-2',
  '          - eks',
  '          - get-token',
  '          - "--cluster-name"',
  '          - dev',
  '          - "--output"',
  '          - json',
  'contexts:',
  '  - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  '    context:',
  '      cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  '      user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  'current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
  '',
];
test('a text of its own', () => assert.deepEqual(written('', { ...wanted, current: arn }).split('\n'), ALONE));

/** Besides {@link ALONE}. */
const TEXTS: readonly [title: string, before: string, after: readonly string[]][] = [
  ['lists that are null', 'clusters:\nusers:\ncontexts:\n', ['- apiVersion: v1', '- kind: Config']],
  ['lists that are empty', 'clusters: []\nusers: []\ncontexts: []\n', ['- apiVersion: v1', '- kind: Config']],
  [
    'JSON',
    '{"clusters": [], "users": [], "contexts": []}',
    [
      '{"clusters": [{"name":"arn:aws:eks:us-west-2:111122223333:cluster/dev","cluster":{"server":"https://127.0.0.1:1","certificate-authority-data":"LS0tLS1CRUdJTg=="}}], "users": [{"name":"arn:aws:eks:us-west-2:111122223333:cluster/dev","user":{"exec":{"apiVersion":"client.authentication.k8s.io/v1beta1","command":"aws","args":["--region","us-west-2","eks","get-token","--cluster-name","dev","--output","json"]}}}], "contexts": [{"name":"arn:aws:eks:us-west-2:111122223333:cluster/dev","context":{"cluster":"arn:aws:eks:us-west-2:111122223333:cluster/dev","user":"arn:aws:eks:us-west-2:111122223333:cluster/dev"}}], "current-context": "arn:aws:eks:us-west-2:111122223333:cluster/dev"}',
      '- apiVersion: v1',
      '- kind: Config',
      '- clusters:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
      '- users:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
      '- contexts:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- ',
    ],
  ],
  [
    'a cluster without its part',
    `clusters:\n- name: "${arn}"\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  cluster:',
      '    server: https://127.0.0.1:1',
      '    certificate-authority-data: LS0tLS1CRUdJTg==',
      '- apiVersion: v1',
      '- kind: Config',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
    ],
  ],
  [
    'a cluster whose part is null',
    `clusters:\n- name: "${arn}"\n  cluster:\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  cluster:',
      '    server: https://127.0.0.1:1',
      '    certificate-authority-data: LS0tLS1CRUdJTg==',
      '- apiVersion: v1',
      '- kind: Config',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
    ],
  ],
  [
    'a cluster whose part is a text',
    `clusters:\n- name: "${arn}"\n  cluster: x\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  cluster: { server: https://127.0.0.1:1, certificate-authority-data: LS0tLS1CRUdJTg== }',
      '- apiVersion: v1',
      '- kind: Config',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
    ],
  ],
  [
    'a cluster with more',
    `clusters:\n- name: "${arn}"\n  cluster: {server: "https://old", proxy-url: "http://proxy", insecure-skip-tls-verify: true}\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  cluster: {server: "https://127.0.0.1:1", proxy-url: "http://proxy", certificate-authority-data: LS0tLS1CRUdJTg==}',
      '- apiVersion: v1',
      '- kind: Config',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
    ],
  ],
  [
    'a user with another command and more',
    `users:\n- name: "${arn}"\n  user:\n    exec: {command: other, apiVersion: client.authentication.k8s.io/v1beta1, installHint: x}\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  user:',
      '    exec:',
      '      apiVersion: client.authentication.k8s.io/v1beta1',
      '      command: aws',
      '      args:',
      '        - "--region"',
      '        - us-west-2',
      '        - eks',
      '        - get-token',
      '        - "--cluster-name"',
      '        - dev',
      '        - "--output"',
      '        - json',
      '- apiVersion: v1',
      '- kind: Config',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
    ],
  ],
  [
    'a context with a namespace',
    `contexts:\n- name: "${arn}"\n  context: {cluster: "${arn}", user: other, namespace: x}\n`,
    [
      '- name: "arn:aws:eks:us-west-2:111122223333:cluster/dev"',
      '  context: {cluster: "arn:aws:eks:us-west-2:111122223333:cluster/dev", user: arn:aws:eks:us-west-2:111122223333:cluster/dev, namespace: x}',
      '- apiVersion: v1',
      '- kind: Config',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
    ],
  ],
  [
    'two documents',
    'a: 1\n---\nb: 2\n',
    [
      'it holds more than one YAML document',
      '- apiVersion: v1',
      '- kind: Config',
      '- clusters:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
      '- users:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
      '- contexts:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- ',
    ],
  ],
  [
    'no YAML',
    'a: [',
    [
      'it is no valid YAML (line 1, column 5)',
      '- apiVersion: v1',
      '- kind: Config',
      '- clusters:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
      '- users:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
      '- contexts:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- ',
    ],
  ],
  [
    'no object',
    '- a\n',
    [
      'it is not one mapping, as a kubeconfig is',
      '- apiVersion: v1',
      '- kind: Config',
      '- clusters:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
      '- users:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
      '- contexts:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- ',
    ],
  ],
  [
    'lists that are none',
    'clusters: x\n',
    [
      'clusters in it is no list',
      '- apiVersion: v1',
      '- kind: Config',
      '- clusters:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     cluster:',
      '-       server: https://127.0.0.1:1',
      '-       certificate-authority-data: LS0tLS1CRUdJTg==',
      '- users:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     user:',
      '-       exec:',
      '-         apiVersion: client.authentication.k8s.io/v1beta1',
      '-         command: aws',
      '-         args:',
      '-           - "--region"',
      '-           - us-west-2',
      '-           - eks',
      '-           - get-token',
      '-           - "--cluster-name"',
      '-           - dev',
      '-           - "--output"',
      '-           - json',
      '- contexts:',
      '-   - name: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-     context:',
      '-       cluster: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '-       user: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- current-context: arn:aws:eks:us-west-2:111122223333:cluster/dev',
      '- ',
    ],
  ],
];
for (const [title, before, after] of TEXTS)
  test(`a text with ${title}`, () =>
    assert.deepEqual(besides(written(before, { ...wanted, current: arn }).split('\n'), ALONE), after));

test('a text that is too long is not read', () => {
  assert.deepEqual([readEntries('#'.repeat(LONGEST + 1), arn)], ['it is too long to be changed here']);
  assert.equal(typeof readEntries('#'.repeat(LONGEST), arn), 'object');
});

test('a user that is not by a command is never changed, nor taken for one that is', () => {
  const before = read(OTHER_USER).entries;
  assert.equal(written(OTHER_USER, before, before), OTHER_USER);
  assert.equal(written(OTHER_USER, { ...before, contexts: [] }), OTHER_USER);
});
