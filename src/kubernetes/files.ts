/** Where kubeconfigs are. Apart from kubeconfig.ts, so that who only asks for their names loads no client. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The kubeconfig files to read, in the order in which they count: `file` (`~` stands for the home folder), else those of
 * `KUBECONFIG`, else `.kube/config` of `HOME` or of the home folder (`%USERPROFILE%` on Windows).
 * Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files".
 */
export function kubeconfigFiles(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home = homedir(),
): readonly string[] {
  if (file !== undefined) return [file.replace(/^~(?=$|[\\/])/, () => home)];
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter(Boolean);
  if (listed.length > 0) return listed;
  const usual = [env['HOME'], home].filter((folder) => folder !== undefined && folder !== '');
  const files = usual.map((folder) => path.join(folder ?? '', '.kube', 'config'));
  return [files.find((one) => existsSync(one)) ?? files[0] ?? ''];
}
