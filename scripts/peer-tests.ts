// Holds our linter against the test suites of other tools: what they call wrong should be found, what they call sound should stay silent.
// Usage: npm run peer-tests -- FOLDER [--each]     needs Python 3.10 or newer; the tools are installed once, into the cache folder
//   FOLDER   holds checkouts of their repositories, named as in SUITES; those that are not there are left out
//   --each   every case that they call wrong with what we say, not only those that we miss
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { lintFolder } from '../src/core/lint.ts';
import { readTerraform } from '../src/core/terraform/resources.ts';
import type { Finding } from '../src/core/finding.ts';
import { cached } from './cache.ts';
import { main, root, runToEnd } from './processes.ts';

/** One case of a suite: a document, and what its tool says of it; nothing for one that is sound. */
interface Case {
  readonly name: string;
  /** The kind of document; `template` is a file that is read as it stands. */
  readonly where: 'file' | 'managed' | 'trust' | 'resource' | 'template';
  readonly text: string;
  readonly says: readonly string[];
}

const json = (value: unknown): string => JSON.stringify(value, undefined, 1);

/** The policy in a template of CloudFormation; text that is no JSON in a manifest, which takes text. */
function placed({ where, text, name }: Case): { path: string; text: string } {
  if (where === 'file') return { path: 'policy.json', text };
  if (where === 'template') return { path: path.basename(name), text };
  const [Type, key] = {
    managed: ['AWS::IAM::ManagedPolicy', 'PolicyDocument'],
    trust: ['AWS::IAM::Role', 'AssumeRolePolicyDocument'],
    resource: ['AWS::S3::BucketPolicy', 'PolicyDocument'],
  }[where];
  try {
    const policy: unknown = JSON.parse(text);
    return {
      path: 'template.json',
      text: json({ Resources: { P: { Type, Properties: { [key as string]: policy } } } }),
    };
  } catch {
    const block = text.replace(/^/gm, '    ');
    const head = 'apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata: { name: p }\nspec:\n  name: p\n';
    return { path: 'policy.yaml', text: `${head}  policyDocument: |\n${block}\n` };
  }
}

const said = (one: Case): readonly Finding[] =>
  [...lintFolder([placed(one)], { terraform: readTerraform }).values()].flat();

/** Runs peer-tests.py with a tool of Python that is installed for it. */
const python =
  (suite: string, version: string, packages: readonly string[]) =>
  async (checkout: string): Promise<readonly Case[]> => {
    const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
    const run = async (executable: string, args: readonly string[]): Promise<void> => {
      const { code, output } = await runToEnd(executable, args);
      if (code !== 0) throw new Error(`${executable} ${args.join(' ')} ended with code ${code}.\n${output}`);
    };
    const tool = await cached(`peer-tests-${suite}-${version}`, async (target) => {
      await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', target]);
      const pip = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--no-input',
        'pytest',
        ...packages,
      ];
      await run(path.join(target, ...inside), pip);
    });
    const output = path.join(root, 'out', 'peer-tests', `${suite}.json`);
    await mkdir(path.dirname(output), { recursive: true });
    await run(path.join(tool, ...inside), [path.join(import.meta.dirname, 'peer-tests.py'), suite, checkout, output]);
    return JSON.parse(await readFile(output, 'utf8')) as Case[];
  };

/** The cases of aws-iam-language-server: files with what is expected of them in front. */
async function languageServer(checkout: string): Promise<readonly Case[]> {
  const folder = path.join(checkout, 'test-utils', 'test-cases', 'diagnostics');
  const cases: Case[] = [];
  for await (const name of glob('*/*.{json,yml,tf}', { cwd: folder })) {
    const raw = await readFile(path.join(folder, name), 'utf8');
    const [, front = '', text = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(raw) ?? [];
    const expected = parse(front) as { code?: string; includes?: string[]; count?: number; config?: unknown };
    if (expected.config !== undefined) continue; // It asks whether a setting silences it.
    const isWrong = (expected.count ?? 0) > 0 || expected.includes !== undefined;
    const says = isWrong ? [`${expected.code ?? ''} ${(expected.includes ?? []).join(', ')}`] : [];
    cases.push({ name, where: 'template', text, says });
  }
  return cases;
}

/** botocore's errors that are about how a client is configured, and what a policy may have and a bucket's name not: wildcards, objects. */
const NOT_OF_THE_ARN =
  /client|configur|dual-?stack|FIPS|accelerate|not supported|path-style|UseArnRegion|S3 MRAP|cannot be used|Found: `\*`|sub resources/i;

/** The ARNs of buckets in botocore's tests of endpoints, each in a policy for the objects behind it. */
async function botocore(checkout: string): Promise<readonly Case[]> {
  const file = path.join(checkout, 'tests', 'functional', 'endpoint-rules', 's3', 'endpoint-tests-1.json');
  interface Test {
    readonly params?: { readonly Bucket?: string };
    readonly expect: { readonly error?: string };
  }
  const { testCases } = JSON.parse(await readFile(file, 'utf8')) as { testCases: readonly Test[] };
  const errors = new Map<string, string | undefined>();
  for (const { params, expect } of testCases) {
    const arn = params?.Bucket ?? '';
    if (!arn.startsWith('arn:')) continue;
    if (expect.error === undefined) errors.set(arn, undefined);
    else if (!errors.has(arn) && !NOT_OF_THE_ARN.test(expect.error)) errors.set(arn, expect.error);
  }
  return [...errors].map(([arn, error]) => {
    const [, service = ''] = /^arn:[^:]*:([^:]*)/.exec(arn) ?? [];
    const isS3 = service.startsWith('s3');
    // A client takes colons where IAM's ARNs have slashes.
    const resource = arn.replace(
      /^((?:[^:]*:){5})(.*)$/s,
      (_, head: string, rest: string) => head + rest.replace(/:/g, '/'),
    );
    const objects = service === 's3-object-lambda' ? '' : '/object/*';
    const Statement = [
      { Effect: 'Allow', Action: `${isS3 ? service : 's3'}:GetObject`, Resource: `${resource}${objects}` },
    ];
    return {
      name: arn,
      where: 'managed',
      text: json({ Version: '2012-10-17', Statement }),
      says: error === undefined ? [] : [error],
    };
  });
}

/** What a linter for the roles of pods leaves to others, the first that fits: by the kind of document, its text, what is said of it. */
const LEFT: readonly (readonly [fits: (one: Case, says: string) => boolean, why: string])[] = [
  [
    ({ where, text }) => where === 'resource' || (where === 'file' && /"(?:Not)?Principal"/.test(text)),
    'a policy of a bucket, a key or a queue, not of a role',
  ],
  [({ where }, says) => where === 'trust' || /^E3530/.test(says), 'trust in accounts and services, not in pods'],
  [({ text }) => !/statement/i.test(text), 'nothing in the file says that it is a policy'],
  [(_, says) => /W2511/.test(says), 'the old version of a policy, where IAM takes it'],
  [
    (_, says) => /_STAR|ESCALATION|EXPOSURE|PERMISSIONS_MANAGEMENT|SENSITIVE_ACCESS/.test(says),
    'how much a role may do; whose data it reaches is told by `kubeflow-irsa isolation`',
  ],
  [(_, says) => /_MFA/.test(says), 'how people sign in: pods do not'],
  [(_, says) => /RESOURCE_MISMATCH/.test(says), 'a pattern for actions, some of which fit the resource'],
  [
    (_, says) => /UNKNOWN_ACTION|requires a resource of|DEPENDENT_ACTION/.test(says),
    'actions of other services than S3, KMS and STS',
  ],
  [
    (_, says) => /identitystore|ec2:/.test(says),
    'condition keys of other services than those, IAM, EKS and AWS as a whole',
  ],
  [
    (_, says) => /PERMISSIVE_SET_OPERATOR/.test(says),
    'ForAllValues where the request may have no value: AWS itself writes it',
  ],
  [(_, says) => /INVALID_REGION/.test(says), 'a region that there could be: new ones come'],
  [
    (_, says) => /UNNECESSARY_SET_OPERATOR/.test(says),
    'ForAnyValue on a key of one value: compared the same with it and without',
  ],
];

const SUITES: Readonly<Record<string, (checkout: string) => Promise<readonly Case[]>>> = {
  'boto+botocore': botocore,
  'aws-cloudformation+cfn-lint': python('cfn-lint', '1.58.0', ['cfn-lint==1.58.0']),
  'duo-labs+parliament': python('parliament', '1.6.4', ['parliament==1.6.4']),
  'getmoto+moto': python('moto', '5.2.5', ['moto[iam]==5.2.5', 'boto3']),
  'mbarneyjr+aws-iam-language-server': languageServer,
};

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { each: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const [folder] = positionals;
  if (folder === undefined) {
    say('Usage: npm run peer-tests -- FOLDER [--each]');
    return 2;
  }
  const rows: string[] = [];
  for (const [name, cases] of Object.entries(SUITES)) {
    const checkout = path.resolve(folder, name);
    if (!existsSync(checkout)) continue;
    let [wrong, hits, left, sound, alarms] = [0, 0, 0, 0, 0];
    say(`\n## ${name}\n`);
    for (const one of await cases(checkout)) {
      const found = said(one);
      const isWrong = one.says.length > 0;
      const isHit = found.length > 0;
      const isAlarm = found.some(({ severity }) => severity === 'error');
      const why = isWrong && !isHit ? LEFT.find(([fits]) => fits(one, one.says.join(' | ')))?.[1] : undefined;
      if (why !== undefined) left += 1;
      if (isWrong) [wrong, hits] = [wrong + 1, hits + (isHit ? 1 : 0)];
      else [sound, alarms] = [sound + 1, alarms + (isAlarm ? 1 : 0)];
      if (isWrong ? values.each || !isHit : isAlarm) {
        say(
          `- ${isWrong ? (isHit ? 'hit' : why === undefined ? 'MISS' : `left, ${why}`) : 'ALARM'}: ${one.name}: ${one.says.join(' | ')}`,
        );
        for (const { id, severity, message } of found) say(`    - ${id} ${severity}: ${message}`);
        if ((!isHit && why === undefined) || values.each) say(`      ${one.text.replace(/\s+/g, ' ').slice(0, 1200)}`);
      }
    }
    rows.push(`| ${name} | ${wrong} | ${hits} | ${left} | ${wrong - hits - left} | ${alarms} of ${sound} |`);
  }
  say('\n| suite | called wrong there | reported here | left to others | missed | called sound there, an error here |');
  say('| --- | --- | --- | --- | --- | --- |');
  for (const row of rows) say(row);
  return 0;
});
