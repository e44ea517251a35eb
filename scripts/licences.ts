// What is bundled, by webpack's module graph: its licences, the notices and the SBOM that ship, and the list in docs/licences.md.
// Usage: node scripts/run.mjs scripts/licences.ts      (npm run licences: builds, prints the list and writes the page)
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import webpack from 'webpack';
import { build } from './build.ts';
import { readManifest } from './manifest.ts';
import { isEntry, main, root } from './processes.ts';

/**
 * Licences (SPDX) that what we ship may have, as docs/packaging.md says: those that ask for no more than that their text goes along.
 * 0BSD asks not even for that. Public-domain dedications are not among them: they are not valid everywhere.
 */
const ALLOWED = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD']);

/** One npm package of which at least one file is in the bundle, or data that was taken out of it. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  /** As its package.json says: an SPDX expression, or something else. */
  readonly license: unknown;
  /** Its licence's text; undefined where it carries none. */
  readonly text: string | undefined;
  /** What its NOTICE says, which Apache-2.0 (4 d) wants to go along. */
  readonly notice: string | undefined;
  /** Bundles that hold some of it. */
  readonly bundles: readonly string[];
}

const byName = <T>(name: (item: T) => string) => {
  return (a: T, b: T): number => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
};
const idOf = ({ name, version }: Pick<Bundled, 'name' | 'version'>): string => `${name} ${version}`;

/** The files of a package whose name begins so, as one text. */
async function texts(folder: string, names: RegExp): Promise<string | undefined> {
  const files = (await readdir(folder)).filter((file) => names.test(file)).sort();
  const found = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return found.length === 0 ? undefined : found.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

/** Beside data that was taken out of a package (scripts/actions.ts): the package's name, version, license and text. */
const FROM = '.from.json';
/** Where it says whose a file is: the folder of its package, or the file beside it; undefined: it is ours. */
function originOf(file: string): string | undefined {
  const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  const beside = file.replace(/\.json$/, FROM);
  return folder ?? (beside !== file && existsSync(beside) ? beside : undefined);
}

/** The packages of a build, by name: of every module in a chunk, and of those that were joined into one. */
export async function bundledPackages({ compilation }: webpack.Stats): Promise<Bundled[]> {
  const origins = new Map<string, Set<string>>();
  const visit = (module: webpack.Module, bundles: readonly string[]): void => {
    const origin = module instanceof webpack.NormalModule ? originOf(module.resource) : undefined;
    if (origin !== undefined) {
      const known = origins.get(origin) ?? new Set();
      for (const bundle of bundles) known.add(bundle);
      origins.set(origin, known);
    }
    for (const inner of 'modules' in module ? (module.modules as webpack.Module[]) : []) visit(inner, bundles);
  };
  for (const module of compilation.modules)
    visit(
      module,
      [...compilation.chunkGraph.getModuleChunksIterable(module)].flatMap(({ files }) => [...files]),
    );
  const packages = await Promise.all(
    [...origins].map(async ([origin, found]) => {
      const isData = origin.endsWith(FROM);
      const manifest = isData ? origin : path.join(origin, 'package.json');
      const said = JSON.parse(await readFile(manifest, 'utf8')) as Bundled;
      const { name, version, license } = said;
      const text = isData ? said.text : await texts(origin, /^(licen[cs]e|copying)(?!.*\.(?:json|[cm]?[jt]s)$)/i);
      const notice = isData ? said.notice : await texts(origin, /^notice/i);
      return { name, version, license, text, notice, bundles: [...found].sort() };
    }),
  );
  return packages.sort(byName(idOf));
}

/** What an SPDX expression of alternatives comes to for us: the first that is allowed, or undefined. */
export function allowedLicence(license: unknown): string | undefined {
  if (typeof license !== 'string') return undefined;
  return license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .find((alternative) => ALLOWED.has(alternative));
}

/** Why packages may not be shipped: a licence that is not on the list, or a text that has to go along and is not there. */
export function licenceProblems(packages: readonly Bundled[]): string[] {
  return packages.flatMap((one) => {
    const licence = allowedLicence(one.license);
    if (licence === undefined)
      return [
        `${idOf(one)} is bundled, and its licence is not on the list in scripts/licences.ts: ${JSON.stringify(one.license)}.`,
      ];
    // Apache-2.0 has one text for all, which is our own LICENSE; the others name their owner in it.
    return one.text === undefined && licence !== 'Apache-2.0'
      ? [`${idOf(one)} is bundled under ${licence}, and the package does not carry the text that must go along.`]
      : [];
  });
}

/** The text of THIRD-PARTY-NOTICES.txt: each licence text once, with the packages that have it word for word. */
export function notices(packages: readonly Bundled[], apache: string): string {
  const groups = new Map<string, { names: string[]; text: string }>();
  for (const one of packages) {
    const licence = allowedLicence(one.license) ?? 'not known';
    const text = [
      `License: ${licence}`,
      one.text ?? apache.trim(),
      ...(one.notice === undefined ? [] : [one.notice]),
    ].join('\n\n');
    const key = text.replace(/\s+/g, ' ');
    const group = groups.get(key) ?? { names: [], text };
    group.names.push(idOf(one));
    groups.set(key, group);
  }
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const blocks = [...groups.values()].map(({ names, text }) => `${names.join('\n')}\n\n${text}`);
  return `${['This software contains the following open-source packages.', ...blocks].join(rule)}\n`;
}

/** A package as a package URL (purl-spec, type npm). */
const purl = ({ name, version }: Pick<Bundled, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`;

/**
 * The bill of materials as CycloneDX 1.6. Without a serial number and a time, which it may lack: the same build says the same.
 */
export function sbom(
  packages: readonly Bundled[],
  product: { name: string; version: string; license: string },
): object {
  const component = ({ name, version, license }: Pick<Bundled, 'name' | 'version' | 'license'>): object => {
    const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name];
    return {
      'bom-ref': purl({ name, version }),
      ...(group === undefined ? {} : { group }),
      name: short,
      version,
      licenses: [{ license: { id: allowedLicence(license) } }],
      purl: purl({ name, version }),
    };
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: { type: 'application', ...component(product) } },
    components: packages.map((one) => ({ type: 'library', scope: 'required', ...component(one) })),
    dependencies: [{ ref: purl(product), dependsOn: packages.map(purl) }],
  };
}

/** What CycloneDX's own schema finds wrong with a bill of materials. */
export async function sbomProblems(bom: object): Promise<string[]> {
  const folder = path.join(root, 'node_modules/@cyclonedx/cyclonedx-library/res/schema');
  // Formats are left out: none of the texts that we write has one.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const schema = async (name: string): Promise<object> =>
    JSON.parse(await readFile(path.join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
  // Under the names by which the schema calls them.
  for (const name of ['spdx', 'jsf-0.82'])
    ajv.addSchema({ ...(await schema(name)), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  const isValid = ajv.compile(await schema('bom-1.6'));
  return isValid(bom) ? [] : (isValid.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

/** docs/licences.md: what is bundled, for a person to read, and to see in a diff when it changes. */
export function licencesPage(packages: readonly Bundled[]): string {
  const rows = packages.map(({ name, version, license, text, bundles }) => {
    const licence = allowedLicence(license) ?? JSON.stringify(license);
    const shown = bundles.map((bundle) => `\`${bundle.replace(/\.cjs$/, '')}\``).join(' ');
    return `| ${name} | ${version} | ${licence} | ${text === undefined ? 'of our LICENSE' : 'its own'} | ${shown} |`;
  });
  const licences = packages.map(({ license }) => allowedLicence(license) ?? 'other');
  const sum = [...new Set(licences)].sort().map((one) => `${licences.filter((other) => other === one).length} ${one}`);
  return `# What is bundled, and its licences

Made by \`npm run licences\` from what webpack put into the bundles; a check fails where it is no longer so. The licence texts are in
\`dist/THIRD-PARTY-NOTICES.txt\` and the same list for machines in \`dist/sbom.cdx.json\` (CycloneDX 1.6), both in the VSIX and the npm package.
[What may be bundled, and how it is checked](packaging.md#licences-and-sbom).

${packages.length} packages: ${sum.join(', ')}.

| package | version | licence | text | in |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** Writes the notices and the bill of materials into dist/; throws if something may not be shipped. */
export async function writeNotices(packages: readonly Bundled[]): Promise<void> {
  const problems = licenceProblems(packages);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const dist = path.join(root, 'dist');
  const apache = await readFile(path.join(root, 'LICENSE'), 'utf8');
  await writeFile(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), notices(packages, apache));
  await writeFile(path.join(dist, 'sbom.cdx.json'), `${JSON.stringify(sbom(packages, await readManifest()))}\n`);
}

const page = path.join(root, 'docs', 'licences.md');

/** Throws unless docs/licences.md tells what was bundled, and the bill of materials is a valid one. */
export async function licencesAreTold(packages: readonly Bundled[]): Promise<void> {
  const invalid = await sbomProblems(sbom(packages, await readManifest()));
  if (invalid.length > 0) throw new Error(`The bill of materials is not valid:\n${invalid.join('\n')}`);
  const told = await readFile(page, 'utf8').catch(() => '');
  const rows = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('| '));
  const wanted = licencesPage(packages);
  if (told === wanted) return;
  const [old, now] = [rows(told), rows(wanted)];
  const diff = [
    ...old.filter((row) => !now.includes(row)).map((row) => `- ${row}`),
    ...now.filter((row) => !old.includes(row)).map((row) => `+ ${row}`),
  ];
  throw new Error(
    ['docs/licences.md is not what is bundled. Read the change, then: npm run licences', ...diff].join('\n'),
  );
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { packages } = await build('production');
    for (const { name, version, license, text } of packages)
      process.stdout.write(
        `${name} ${version}  ${String(license)}  ${text === undefined ? 'text of our LICENSE' : 'text of its own'}\n`,
      );
    await writeFile(page, licencesPage(packages));
    return 0;
  });
}
