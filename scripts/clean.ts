// Removes what npm start and npm test built and installed: the cache folder, and dist/ and out/ here. Not node_modules.
// Usage: npm run clean
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from './cache.ts';
import { main, root } from './processes.ts';

/** Entries that are ours, by how their names begin: a folder that KUBEFLOW_IRSA_CACHE names may hold others. */
const OURS = /^(chromium|code-server|etcd|k8s|moto|go|go-build|bench)-/;

await main(async () => {
  const entries = (await readdir(cacheFolder).catch(() => [])).filter((name) => OURS.test(name));
  const cache =
    process.env['KUBEFLOW_IRSA_CACHE'] === undefined
      ? [cacheFolder]
      : entries.map((name) => path.join(cacheFolder, name));
  for (const folder of [...cache, path.join(root, 'dist'), path.join(root, 'out')]) {
    await rm(folder, { recursive: true, force: true });
    process.stdout.write(`Removed ${folder}\n`);
  }
  return 0;
});
