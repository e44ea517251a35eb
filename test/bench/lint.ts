/**
 * Lint against the bare parse of the same text, and against yaml-language-server with our schema; a key in a large file, by the
 * way that the editor takes (its thread); and what files cost that are not ours.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { cached } from '../../scripts/cache.ts';
import { root, runToEnd } from '../../scripts/processes.ts';
import { differences } from '../../src/core/drift/compare.ts';
import { declaredIn } from '../../src/core/drift/declared.ts';
import { lint } from '../../src/core/lint.ts';
import { looksOurs } from '../../src/core/look.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { Role } from '../../src/core/observation.ts';
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { absent, found } from '../../src/core/reading.ts';
import { lintThread } from '../../src/editor/thread.ts';
import { measure, median, milliseconds, type Bench, type Row } from './measure.ts';

/** Times for each measurement, after as many to warm up; of what takes less than a millisecond, many more. */
const RUNS = 15;
const MANY_RUNS = 1_000;
const KEYS = 300;
const SERVER = 'yaml-language-server@2.0.0';

/** A profile with comments, labels and a quota, as people write them; every tenth has a defect that a schema cannot see. */
const profile = (index: number): string => `# Team ${index}
apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-${index}
  labels:
    cost-centre: "${index}"
spec:
  owner:
    kind: User
    name: ${index % 10 === 3 ? 'User' : 'user'}-${index}@example.com
  resourceQuotaSpec:
    hard:
      cpu: "8"
      memory: 32Gi
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::111122223333:role/team-${index}-kubeflow-dev-role
        annotateOnly: ${index % 10 === 7 ? '"true"' : 'true'}
`;
const file = (profiles: number): string => Array.from({ length: profiles }, (_, index) => profile(index)).join('---\n');

/** The same profiles in one document, as `kubectl get profiles -o yaml` writes them. */
const list = (profiles: number): string => {
  const items = Array.from({ length: profiles }, (_, index) =>
    profile(index)
      .replace(/^(?!#)/gm, '  ')
      .trimEnd(),
  );
  return `apiVersion: v1\nitems:\n${items.join('\n').replaceAll('  apiVersion', '- apiVersion')}\nkind: List\n`;
};

const deployment = (index: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${index}
spec:
  replicas: 2
  selector: { matchLabels: { app: web-${index} } }
  template:
    metadata: { labels: { app: web-${index} } }
    spec:
      containers:
        - name: web
          image: registry.example.com/web:${index}
          ports: [{ containerPort: 8080 }]
`;

/** A profile and its role, as ACK has it. */
const declared = (index: number): string => `${profile(index)}---
apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: team-${index}
spec:
  name: team-${index}
  assumeRolePolicyDocument: |-
    ${LIVE.trustPolicy.replaceAll('\n', '\n    ')}
  inlinePolicies:
    kf-pipeline-s3: |-
      ${policyText(permissionsPolicy('aws', 'artifacts', `team-${index}`, 'prefix')).replaceAll('\n', '\n      ')}
`;
const ISSUER = 'https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
/** What each of these roles is compared with: the policy differs. */
const LIVE: Role = {
  arn: 'arn:aws:iam::111122223333:role/x',
  name: 'x',
  trustPolicy: policyText(trustPolicy(providerArn('aws', '111122223333', ISSUER), ISSUER, 'x')),
  tags: {},
  inline: [{ name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'x', 'prefix')) }],
  attached: [],
};

/** The text with one more letter: a new one for every run, so that nobody's cache knows it. */
const typed = (text: string, run: number): string => {
  const at = text.indexOf('# Team', Math.floor(text.length / 2)) + 2;
  return `${text.slice(0, at)}${'x'.repeat((run % 40) + 1)}${text.slice(at)}`;
};

/** Times of two things, in turns, each on a text of its own. */
async function inTurns(text: string, ours: (text: string) => unknown, theirs: (text: string) => unknown, runs = RUNS) {
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < 2 * runs; run++) {
    for (const [index, action] of [ours, theirs].entries()) {
      const [time = 0] = await measure(1, async () => action(typed(text, run)));
      if (run >= runs) times[index]?.push(time);
    }
  }
  return times;
}

/** Validates a text as the server does when a document changes; without its own delay and without a pipe. */
async function languageServer(log: (line: string) => void): Promise<(text: string) => Promise<number>> {
  const folder = await cached(`bench-${SERVER}`, async (target) => {
    log(`Installing ${SERVER} …`);
    await writeFile(path.join(target, 'package.json'), '{"private":true}\n');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', SERVER];
    const { code, output } = await runToEnd('npm', args, { cwd: target });
    if (code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
  });
  interface Server {
    readonly getLanguageService: (options: object) => {
      readonly configure: (settings: object) => void;
      readonly doValidation: (document: object, isKubernetes: boolean) => Promise<unknown[]>;
    };
    readonly TextDocument: {
      readonly create: (uri: string, language: string, version: number, text: string) => object;
    };
  }
  const entry = path.join(folder, 'node_modules/yaml-language-server/out/src/index.js');
  const { getLanguageService, TextDocument } = (await import(pathToFileURL(entry).href)) as Server;
  const service = getLanguageService({
    schemaRequestService: () => Promise.reject(new Error('There is no network here.')),
    workspaceContext: { resolveRelativePath: (relative: string) => relative },
    telemetry: { send: () => undefined, sendError: () => undefined, sendTrack: () => undefined },
  });
  const schema: unknown = JSON.parse(await readFile(path.join(root, 'schemas/profile.schema.json'), 'utf8'));
  service.configure({
    validate: true,
    schemas: [{ uri: 'file:///profile.schema.json', fileMatch: ['*.yaml'], schema }],
  });
  let version = 0;
  return async (text) => {
    const document = TextDocument.create('file:///profiles.yaml', 'yaml', (version += 1), text);
    return (await service.doValidation(document, false)).length;
  };
}

export const bench: Bench = async (log) => {
  const rows: Row[] = [];
  const options = { language: 'yaml', file: 'profiles.yaml' } as const;

  for (const [name, count] of [
    ['of 1 profile', 1],
    ['of 1,000 profiles', 1000],
  ] as const) {
    const [ours, parse] = await inTurns(
      file(count),
      (text) => lint(text, options),
      (text) => parseAllDocuments(text),
      count === 1 ? MANY_RUNS : RUNS,
    );
    const ratio = median(ours) / median(parse);
    rows.push({
      what: `Lint of a file ${name}, against the bare yaml parse`,
      value: `${ratio.toFixed(2)} times: ${median(ours).toFixed(2)} ms against ${median(parse).toFixed(2)} ms`,
      goal: 'at most 1.3 times',
      met: ratio <= 1.3,
    });
    if (count === 1000)
      rows.push({
        what: 'Lint of a file of 1,000 profiles',
        value: milliseconds(ours),
        goal: 'at most 700 ms',
        met: median(ours) <= 700,
      });
  }

  const declaring = Array.from({ length: 500 }, (_, index) => ({ path: `${index}.yaml`, text: declared(index) }));
  const live = { role: () => found(LIVE), profile: () => absent, provider: () => undefined };
  const drift = await measure(
    RUNS,
    async () => differences(declaredIn(declaring).declared, live, { missing: true }).length,
  );
  rows.push({
    what: 'Files of 500 profiles and their roles read back for drift, and compared',
    value: milliseconds(drift),
    goal: 'at most 2,000 ms',
    met: median(drift) <= 2_000,
  });

  log('keys …');
  const thread = lintThread(path.join(root, 'src/editor/worker.ts'));
  const ask = (text: string) =>
    thread.run('file', { file: { path: 'profiles.yaml', text, language: 'yaml' }, options: {} });
  try {
    for (const [name, large] of [
      ['a file', file(240)],
      ['one List', list(255)],
    ] as const) {
      for (let run = 0; run < 40; run++) await ask(typed(large, run));
      const keys = (await measure(KEYS, (run) => ask(typed(large, run)))).sort((a, b) => a - b);
      const p99 = keys[Math.floor(KEYS * 0.99)] ?? Infinity;
      rows.push({
        what: `A key in ${name} of ${large.split('\n').length - 1} lines, through the thread of the editor`,
        value: `p99 ${p99.toFixed(1)} ms, median ${median(keys).toFixed(1)} ms (${KEYS} keys)`,
        goal: 'p99 at most 16 ms',
        met: p99 <= 16,
      });
    }
    const huge = list(24_000);
    const times = await measure(3, (run) => ask(typed(huge, run)));
    rows.push({
      what: `One List of ${(huge.length / 1e6).toFixed(1)} MB, through the thread of the editor`,
      value: milliseconds(times),
      goal: 'at most 10,000 ms',
      met: median(times) <= 10_000,
    });
  } finally {
    thread.dispose();
  }

  log(`${SERVER} …`);
  const validate = await languageServer(log);
  const hundred = file(100);
  const isDefect = ({ severity }: Finding): boolean => severity === 'error' || severity === 'warning';
  const defects = { ours: lint(hundred, options).filter(isDefect).length, theirs: await validate(hundred) };
  const [ours, theirs] = await inTurns(hundred, (text) => lint(text, options), validate);
  const cache = { documents: new Map() };
  const [again] = await inTurns(
    hundred,
    (text) => lint(text, options, cache),
    () => undefined,
  );
  const [whole, key] = [median(theirs) / median(ours), median(theirs) / median(again)];
  rows.push(
    {
      what: `A file of 100 profiles, against ${SERVER} with our schema, nothing remembered`,
      value: `${whole.toFixed(1)} times as fast: ${median(ours).toFixed(1)} ms against ${median(theirs).toFixed(1)} ms`,
      goal: 'at least 5 times',
      met: whole >= 5,
    },
    {
      what: 'The same validated again after every key, as in the editor',
      value: `${key.toFixed(1)} times as fast: ${median(again).toFixed(2)} ms against ${median(theirs).toFixed(1)} ms`,
      goal: 'at least 5 times',
      met: key >= 5,
    },
    {
      what: 'Defects found in it',
      value: `${defects.ours} against ${defects.theirs}`,
      goal: 'more',
      met: defects.ours > defects.theirs,
    },
  );

  const unrelated = Array.from({ length: 10_000 }, (_, index) => deployment(index).repeat(4));
  const looks = await measure(RUNS, async () => unrelated.filter(looksOurs).length);
  rows.push({
    what: '10,000 YAML files that are not ours, opened one after the other',
    value: `${((median(looks) / unrelated.length) * 1000).toFixed(1)} µs a file`,
    goal: 'at most 100 µs',
    met: median(looks) / unrelated.length <= 0.1,
  });
  return rows;
};
