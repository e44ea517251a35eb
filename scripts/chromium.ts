// A headless Chromium from npm alone: no download from elsewhere, no system library or font needed.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { spawnSync } from 'node:child_process';
import { createBrotliDecompress } from 'node:zlib';
import path from 'node:path';
import { cached } from './cache.ts';
import { type Say, Told, root, runToEnd } from './processes.ts';

export interface Chromium {
  executablePath: string;
  /** Environment it is started with. */
  env: Record<string, string>;
}

const bundle = path.join(root, 'node_modules/@sparticuz/chromium');

async function unpack(archive: string, to: string): Promise<void> {
  await pipeline(createReadStream(archive), createBrotliDecompress(), createWriteStream(to));
}

async function unpackTar(archive: string, folder: string): Promise<void> {
  await mkdir(folder);
  await unpack(archive, `${folder}.tar`);
  const { code, output } = await runToEnd('tar', ['-xf', `${folder}.tar`, '-C', folder]);
  if (code !== 0) throw new Error(`tar cannot unpack ${archive}: ${output}`);
}

/**
 * The browser of `KUBEFLOW_IRSA_CHROMIUM`, else the one of the npm package @sparticuz/chromium (Linux x64), unpacked into the
 * cache. Its package's own arguments are not used: they switch web security off.
 */
export async function installChromium(say: Say): Promise<Chromium> {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));
  const own = process.env['KUBEFLOW_IRSA_CHROMIUM'];
  if (own) {
    if (!existsSync(own))
      throw new Told(
        `KUBEFLOW_IRSA_CHROMIUM names ${own}, which does not exist: name the executable of a Chromium or Chrome, or unset it.`,
      );
    return { executablePath: own, env };
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Told(
      `There is no npm package of Chromium for ${process.platform}-${process.arch}: install Chromium or Chrome and set ` +
        'KUBEFLOW_IRSA_CHROMIUM to its executable.',
    );

  const { version } = JSON.parse(readFileSync(path.join(bundle, 'package.json'), 'utf8')) as { version: string };
  const folder = await cached(`chromium-${version}`, async (target) => {
    say(`Unpacking Chromium ${version} …`);
    const bin = path.join(bundle, 'bin');
    const fonts = path.join(target, 'fonts');
    await Promise.all([
      unpack(path.join(bin, 'chromium.br'), path.join(target, 'chromium')),
      unpackTar(path.join(bin, 'al2023.tar.br'), path.join(target, 'libraries')),
      unpackTar(path.join(bin, 'fonts.tar.br'), fonts),
    ]);
    await chmod(path.join(target, 'chromium'), 0o755);
  });
  // Written at each start: it names the folder, and the cache may have been moved.
  const fontsConf = path.join(folder, 'fonts.conf');
  await writeFile(
    fontsConf,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${path.join(folder, 'fonts')}</dir>
  <cachedir>${path.join(folder, 'fontconfig-cache')}</cachedir>
</fontconfig>
`,
  );
  const executablePath = path.join(folder, 'chromium');
  env['FONTCONFIG_FILE'] = fontsConf;
  // Only where the system lacks a library: elsewhere its own, newer ones fit better together.
  if (spawnSync('ldd', [executablePath], { encoding: 'utf8' }).stdout.includes('not found'))
    env['LD_LIBRARY_PATH'] = path.join(folder, 'libraries', 'lib');
  return { executablePath, env };
}
