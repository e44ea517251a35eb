// Removes what npm start and npm test built and installed: the cache folder, and dist/ and out/ here. Not node_modules.
// Usage: npm run clean
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from './cache.ts';
import { main, root } from './processes.ts';

/** The entries that are ours, by how their names begin; another file in a folder that KUBEFLOW_IRSA_CACHE names is not. */
const OURS = /^(chromium|code-server|node|etcd|k8s|moto|go|go-build|bench)-/;

await main(async () => {
  const entries = (await readdir(cacheFolder).catch(() => [])).filter((name) => OURS.test(name));
  const folders = [
    ...entries.map((name) => path.join(cacheFolder, name)),
    path.join(root, 'dist'),
    path.join(root, 'out'),
  ];
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
    process.stdout.write(`Removed ${folder}\n`);
  }
  return 0;
});
