// Makes the npm package of the command line from the built dist/: a folder of its own, packed by npm.
// (vsce refuses `files` beside .vscodeignore, and the package.json here lists what VS Code and developers need.)
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Built } from './build.ts';
import { notices, sbom } from './licences.ts';
import { readManifest } from './manifest.ts';
import { root } from './processes.ts';

/** Bytes; more makes the packing fail. */
const budget = 720_000;

export interface NpmPackage {
  /** Absolute path. */
  file: string;
  bytes: number;
  /** Paths within. */
  entries: string[];
}

/** What of our package.json the published one says; npm has no use for the rest, and installing must bring nothing else. */
const PUBLISHED = ['name', 'version', 'license', 'repository', 'homepage', 'bugs', 'bin'] as const;

/** The command line's page as a README outside of the repository: its links lead there. */
export function npmReadme(page: string, homepage: string): string {
  const docs = `${homepage.replace(/#.*/, '')}/blob/HEAD/docs/`;
  return page.replace(/\]\((?!https?:|#)([^)]+)\)/g, (_link, target: string) => `](${new URL(target, docs).href})`);
}

/** Packs what the command line is made of; throws if the package is not as it should be. */
export async function packCli({ packages, cliBundles }: Built): Promise<NpmPackage> {
  const manifest = (await readManifest()) as Awaited<ReturnType<typeof readManifest>> & Record<string, unknown>;
  const bundled = packages.filter(({ bundles }) => bundles.some((bundle) => cliBundles.includes(bundle)));
  const text = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const { node } = manifest.engines;
  const published = {
    ...Object.fromEntries(PUBLISHED.map((key) => [key, manifest[key]])),
    keywords: manifest.keywords.filter((word) => !word.startsWith('kubernetes-extension-')),
    description:
      'Give a Kubeflow profile on Amazon EKS its own S3 access by IAM roles for service accounts: plan, apply, prove, lint.',
    engines: { node },
    files: ['dist'],
  };
  const files: Record<string, string> = {
    'package.json': `${JSON.stringify(published, undefined, 2)}\n`,
    'README.md': npmReadme(await text('docs/command-line.md'), manifest.homepage),
    LICENSE: await text('LICENSE'),
    'dist/THIRD-PARTY-NOTICES.txt': notices(bundled, await text('LICENSE')),
    'dist/sbom.cdx.json': `${JSON.stringify(sbom(bundled, manifest))}\n`,
  };
  const folder = path.join(root, 'out', 'npm');
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, 'dist'), { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content);
  for (const bundle of cliBundles) await copyFile(path.join(root, 'dist', bundle), path.join(folder, 'dist', bundle));
  // The same package whatever the umask.
  const inside = [...Object.keys(files), ...cliBundles.map((bundle) => `dist/${bundle}`)];
  for (const file of inside) await chmod(path.join(folder, file), file === 'dist/cli.cjs' ? 0o755 : 0o644);

  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', '..'],
    {
      cwd: folder,
      shell: process.platform === 'win32',
    },
  );
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  const file = path.join(root, 'out', packed?.filename ?? '');
  const entries = (packed?.files ?? []).map((one) => one.path).sort();
  const { size: bytes } = await stat(file);
  const problems = [
    ...inside.filter((one) => !entries.includes(one)).map((one) => `${one} is missing in the npm package.`),
    ...entries.filter((one) => !inside.includes(one)).map((one) => `${one} has no business in the npm package.`),
    ...(bytes > budget ? [`The npm package has ${bytes} bytes; the budget is ${budget}.`] : []),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { file, bytes, entries };
}
