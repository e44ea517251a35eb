/**
 * Exports for engines inside Kubernetes, before a real API server, kustomize and the CEL that kro is made of. The engines themselves do not
 * run here: docs/scale.md says which of them were run, and what they made of these files.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Kube, KubeObject as Loose } from '../../sandbox/kube.ts';
import { startProcesses } from '../../sandbox/processes.ts';
import { provideReader } from '../../sandbox/tools.ts';
import { isObject, record } from '../../src/core/records.ts';
import { ack } from '../../src/export/ack.ts';
import { objectsOf, saidBy } from '../../src/export/back.ts';
import { crossplane } from '../../src/export/crossplane.ts';
import { kro } from '../../src/export/kro.ts';
import { graphOf, INSTANCE_KIND } from '../../src/export/kroGraph.ts';
import { kustomize } from '../../src/export/kustomize.ts';
import type { KubeObject } from '../../src/export/objects.ts';
import type { Exported, Exporter, OutputFile } from '../../src/export/things.ts';
import { definition, DEFINITIONS, definitions, simpleSchema, type Shape } from '../fixtures/engine-shapes.ts';
import { many } from '../fixtures/exported.ts';
import { assertSaid, association, withOthers, world } from '../fixtures/exported-worlds.ts';
import { cluster } from '../unit/world.ts';

let sandbox: Sandbox | undefined;
let engines = '';
const started = (): Sandbox => sandbox ?? assert.fail('The sandbox did not start.');
const folder = mkdtempSync(path.join(tmpdir(), 'engines-test-'));
const CRDS = process.env['KUBEFLOW_IRSA_CRDS'];
const published: readonly object[] =
  CRDS === undefined
    ? []
    : readdirSync(CRDS).map((file) => parse(readFileSync(path.join(CRDS, file), 'utf8')) as object);
const graph = graphOf('kubeflow.org/v1');
const resources = record(graph.spec)['resources'] as readonly Record<string, unknown>[];
const schema = simpleSchema(record(record(graph.spec)['schema'])['spec'] as Record<string, unknown>);

before(async () => {
  const build = mkdtempSync(path.join(tmpdir(), 'engines-build-'));
  // The supervisor ends where it cannot write what a process says.
  mkdirSync(path.join(build, 'logs'));
  const processes = startProcesses(build);
  try {
    engines = await provideReader('engines', processes, console.error);
  } finally {
    await processes.close();
  }
  sandbox = await startSandbox();
  const crds = [
    ...(published.length === 0
      ? definitions()
      : published.filter((one) => !JSON.stringify(one).includes('"profiles.kubeflow.org"'))),
    definition('kro.run', 'v1alpha1', INSTANCE_KIND, `${INSTANCE_KIND.toLowerCase()}s`, schema),
  ] as readonly Loose[];
  const { kubeflowDev, analytics } = started().clusters;
  const profiles = await kubeflowDev.kube.request(
    'GET',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/profiles.kubeflow.org',
  );
  const { name } = profiles.metadata;
  const copy = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: profiles['spec'],
  };
  const place = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await Promise.all([
    ...crds.flatMap((crd) =>
      [kubeflowDev, analytics].map(({ kube }) => kube.apply(`${place}/${crd.metadata.name}`, crd)),
    ),
    analytics.kube.apply(`${place}/${name}`, copy),
    ...[kubeflowDev, analytics].flatMap(({ kube }) =>
      ['ack-system', 'crossplane-system', 'argocd'].map((namespace) =>
        kube.apply(`/api/v1/namespaces/${namespace}`, {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: namespace },
        }),
      ),
    ),
  ]);
  // A definition is served a moment after it was written.
  for (const { kube } of [kubeflowDev, analytics])
    await until('definitions are served', async () => {
      const { items } = await kube.request<{ items: readonly Record<string, unknown>[] }>('GET', place);
      return items.every(({ status }) => JSON.stringify(status ?? {}).includes('"type":"Established"'));
    });
});
after(async () => {
  await sandbox?.stop();
  rmSync(folder, { recursive: true });
});

/** What the engines' own program says. */
const asked = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(engines, args, { maxBuffer: 1 << 28 })).stdout;

let trees = 0;
function written(files: readonly OutputFile[]): string {
  const root = path.join(folder, String(++trees));
  for (const { path: name, text: content } of files) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

/** Objects as kustomize makes them of a folder: read by Go's YAML, and written again. */
const built = async (root: string): Promise<readonly KubeObject[]> => objectsOf([await asked('kustomize', root)]);

const plurals = new Map([
  ...DEFINITIONS.map(({ group, kind, plural }) => [`${group} ${kind}`, plural] as const),
  [`kro.run ${INSTANCE_KIND}`, `${INSTANCE_KIND.toLowerCase()}s`],
]);
const CLUSTER_WIDE: readonly string[] = ['Profile', 'ResourceGraphDefinition', 'ClusterRole'];
function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
  const [group = '', version] = apiVersion.split('/');
  const plural = plurals.get(`${group} ${kind}`) ?? `${kind.toLowerCase().replace(/y$/, 'ie')}s`;
  const root = version === undefined ? `/api/${group}` : `/apis/${apiVersion}`;
  const place = CLUSTER_WIDE.includes(kind) ? '' : `/namespaces/${metadata.namespace ?? ''}`;
  return `${root}${place}/${plural}/${metadata.name}`;
}

/** Applied on the server: every field must be one that the definition has. `dry`: nothing is written. */
const applied = (kube: Kube, object: KubeObject, dry: boolean): Promise<Loose> =>
  kube.request(
    'PATCH',
    `${pathOf(object)}?fieldManager=test&force=true&fieldValidation=Strict${dry ? '&dryRun=All' : ''}`,
    object,
    'application/apply-patch+yaml',
  );

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(what);
}

const ENGINES: readonly (readonly [name: string, exporter: Exporter, root: string])[] = [
  ['ack', ack, 'dev'],
  ['crossplane', crossplane, 'dev'],
  ['kro', kro, 'dev'],
  ['kustomize', kustomize, 'clusters/dev'],
];

for (const [name, exporter, root] of ENGINES)
  test(`${name}: kustomize builds it, the API server takes every field, and what it then holds is what was handed over`, async () => {
    const { kube } = started().clusters.kubeflowDev;
    const of = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('team-a', `team-${name}`)) as T;
    // No instance of kro has an association.
    const { things } = withOthers();
    const exported: Exported = of({
      cluster,
      things: name === 'kro' ? things.filter((one) => one !== association) : things,
    });
    const files = exporter([exported]).files;
    const objects = await built(path.join(written(files), root));
    // What lies below a namespace comes once there is one.
    const late = ({ metadata: { namespace } }: KubeObject): boolean => namespace === `team-${name}`;
    const inOrder = [...objects.filter((one) => !late(one)), ...objects.filter(late)];
    for (const object of inOrder) {
      if (late(object))
        await until(
          `namespace of ${name}`,
          async () => (await kube.find(`/api/v1/namespaces/team-${name}`)) !== undefined,
        );
      // kro makes the Profile of its instance.
      await applied(kube, object, true);
      await applied(kube, object, false);
      const [instance] = saidBy([object], cluster).filter(({ ref }) => ref.kind === 'k8s/profile');
      if (object.kind === INSTANCE_KIND && instance !== undefined)
        await applied(kube, instance.value as KubeObject, false);
    }
    const held = await Promise.all(inOrder.map((object) => kube.request('GET', pathOf(object))));
    assertSaid(saidBy(held as unknown as readonly KubeObject[], cluster), exported, name, true);
  });

test('the definition of kro, its rights and the ApplicationSet are taken with every field', async () => {
  const { kube } = started().clusters.kubeflowDev;
  for (const object of await built(path.join(written(kro([withOthers()]).files), 'definition')))
    await applied(kube, object, false);
  const set = kustomize([withOthers()]).files.find(({ path: name }) => name === 'applicationset.yaml');
  for (const object of objectsOf([set?.text ?? ''])) await applied(kube, object, false);
});

test('a field that an engine does not have is refused: the check can fail', async () => {
  const { kube } = started().clusters.kubeflowDev;
  const [role] = objectsOf(ack([withOthers()]).files.map(({ text: content }) => content)).filter(
    ({ kind }) => kind === 'Role',
  );
  assert.ok(role);
  const wrong = { ...role, spec: { ...record(role.spec), inlinePolicy: {} } };
  await assert.rejects(applied(kube, wrong, true), /unknown field|field not declared/);
});

test('an instance of kro with a value that would break a policy is refused', async () => {
  const { kube } = started().clusters.kubeflowDev;
  const [good] = objectsOf(kro([many(1)]).files.map(({ text: content }) => content)).filter(
    ({ kind }) => kind === INSTANCE_KIND,
  );
  assert.ok(good);
  await applied(kube, good, true);
  for (const [field, value] of [
    ['bucket', 'b","Resource":"*'],
    ['bucket', '*'],
    ['prefix', '*/'],
    ['prefix', 'no-slash'],
    ['issuer', 'https://oidc.example.com'],
    ['account', '1'],
    ['access', 'all'],
    ['kmsKey', '*'],
    ['boundary', 'none'],
    ['maxSession', 60],
  ] as const)
    await assert.rejects(
      applied(kube, { ...good, spec: { ...record(good.spec), [field]: value } }, true),
      /spec\./,
      field,
    );
});

interface Question {
  readonly expression: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Answers of CEL, in the order of the questions. */
async function evaluated(questions: readonly Question[]): Promise<readonly unknown[]> {
  if (questions.length === 0) return [];
  const child = spawn(engines, ['cel'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  return lines.map((line, index) => {
    const { value, error } = JSON.parse(line) as { value?: unknown; error?: string };
    assert.equal(error, undefined, `${error ?? ''}\n${questions[index]?.expression ?? ''}`);
    return value;
  });
}

/** What of an object's schema has a default, filled in as the API server does. */
function filled(value: unknown, its: object): unknown {
  const { properties } = its as { properties?: Readonly<Record<string, { default?: unknown }>> };
  if (!isObject(value) || properties === undefined) return value;
  const all = Object.entries(properties).flatMap(([name, property]) => {
    const own = value[name] ?? property.default;
    return own === undefined ? [] : [[name, filled(own, property)] as const];
  });
  return Object.fromEntries(all);
}

/** The templates of the definition for an instance, as kro fills them in: each field that is one expression, by CEL. */
async function madeByKro(instances: readonly KubeObject[]): Promise<readonly KubeObject[]> {
  const questions: Question[] = [];
  const EXPRESSION = /^\$\{([^]*)\}$/;
  const templates = instances.flatMap((instance) => {
    const spec = filled(instance.spec, schema);
    const roleName = String(record(spec)['roleName']);
    const arn = `arn:aws:iam::${String(record(spec)['account'])}:role${String(record(spec)['path'])}${roleName}`;
    const variables = {
      schema: { metadata: instance.metadata, spec },
      role: { status: { ackResourceMetadata: { arn } } },
      serviceAccount: { metadata: { namespace: record(spec)['name'] } },
    };
    const open = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(open);
      if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item)]));
      const [, expression] = typeof value === 'string' ? (EXPRESSION.exec(value) ?? []) : [];
      return expression === undefined ? value : { answer: questions.push({ expression, variables }) - 1 };
    };
    return resources.flatMap(({ template, includeWhen }) => {
      if (template === undefined) return [];
      // The one condition: whether there are settings of the launcher.
      if (includeWhen !== undefined && Object.keys(record(record(spec)['launcher'])).length === 0) return [];
      return [open(template)];
    });
  });
  const answers = await evaluated(questions);
  const close = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(close);
    if (!isObject(value)) return value;
    const { answer } = value;
    return typeof answer === 'number'
      ? answers[answer]
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, close(item)]));
  };
  return templates.map(close) as readonly KubeObject[];
}

test('what the CEL of the definition makes of instances is what was handed over: policies, subjects, settings', async () => {
  const worlds = fc.sample(world, { numRuns: 60, seed: 14 });
  let judged = 0;
  for (const exported of worlds) {
    const objects = objectsOf(
      kro([exported])
        .files.filter(({ path: name }) => name.startsWith('dev/'))
        .map(({ text: content }) => content),
    );
    const instances = objects.filter(({ kind }) => kind === INSTANCE_KIND);
    judged += instances.length;
    const others = objects.filter(({ kind }) => kind !== INSTANCE_KIND);
    assertSaid(saidBy([...others, ...(await madeByKro(instances))], cluster), exported, 'kro');
  }
  assert.ok(judged > 60, String(judged));
});

test('one tree of many profiles: kustomize builds it, marks and namespaces are right, and the API server takes all of it', async () => {
  const { kube } = started().clusters.analytics;
  // kustomize takes a time that grows with their square: docs/scale.md has what 500 took.
  const count = 120;
  const exported = many(count);
  const objects = await built(path.join(written(kustomize([exported]).files), 'clusters/dev'));
  const marks = new Map<string, number>();
  for (const { kind, metadata } of objects) {
    const key = `${kind} ${metadata.namespace?.replace(/team-\d+/, 'NAME') ?? '-'} ${metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? ''}`;
    marks.set(key, (marks.get(key) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(marks), {
    'OpenIDConnectProvider ack-system -3': 1,
    'Role ack-system -2': count,
    'Profile - 0': count,
    'ConfigMap NAME 1': objects.filter(({ kind }) => kind === 'ConfigMap').length,
  });
  assertSaid(saidBy(objects, cluster), exported, 'tree');
  // No controller makes their namespaces in this cluster, so that ConfigMaps have no place.
  const queue = objects.filter(({ kind }) => kind !== 'ConfigMap');
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let object = queue.pop(); object !== undefined; object = queue.pop()) await applied(kube, object, false);
    }),
  );
  for (const place of ['/apis/kubeflow.org/v1/profiles', '/apis/iam.services.k8s.aws/v1alpha1/roles']) {
    const { items } = await kube.request<{ items: readonly unknown[] }>('GET', place);
    assert.equal(items.length, count, place);
  }
});

test(
  'the fields that are checked here are those of the published definitions',
  { skip: CRDS === undefined ? 'needs KUBEFLOW_IRSA_CRDS' : false },
  () => {
    const differs: string[] = [];
    const compare = (shape: Shape, its: Record<string, unknown>, at: string): void => {
      if (typeof shape === 'string') {
        const type = shape.replace('!', '');
        if (type !== 'any' && its['type'] !== type) differs.push(`${at}: ${type}, published ${String(its['type'])}`);
      } else if (Array.isArray(shape)) compare((shape as readonly [Shape])[0], record(its['items']), `${at}[]`);
      else
        for (const [name, one] of Object.entries(shape)) {
          const property = name === '*' ? its['additionalProperties'] : record(its['properties'])[name];
          if (!isObject(property)) differs.push(`${at}.${name} is not published`);
          else compare(one, property, `${at}.${name}`);
        }
    };
    for (const { plural, group, version, spec } of DEFINITIONS) {
      const crd = published.find((one) => record(record(one)['metadata'])['name'] === `${plural}.${group}`);
      const versions = record(record(crd)['spec'])['versions'] as readonly Record<string, unknown>[] | undefined;
      const its = record(record(versions?.find(({ name }) => name === version)?.['schema'])['openAPIV3Schema']);
      compare(spec, record(record(its['properties'])['spec']), `${plural}.${group}`);
    }
    assert.deepEqual(differs, [], stringify(differs));
  },
);
