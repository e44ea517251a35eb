/** kubeconfig and token: a cluster for kubectl, and how it signs in without the AWS CLI. */
import { realpathSync } from 'node:fs';
import { OWN_COMMAND } from '../core/kubeconfig/entries.ts';
import { contextName, planKubeconfig, type KubeconfigWish } from '../core/plan/kubeconfig.ts';
import { isOnPath, lookAtKubeconfigs } from '../provisioning/kubeconfigDriver.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { carry, reach, type Reach } from './carry.ts';
import { clusterOf } from './onCluster.ts';
import { EXIT, type Context } from './parse.ts';

interface KubeconfigValues extends Omit<Reach, 'kubeconfig'> {
  readonly cluster: string;
  readonly file: string | undefined;
  readonly alias: string | undefined;
  readonly switch: boolean;
  readonly 'own-token': boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

export async function kubeconfig(values: KubeconfigValues, context: Context): Promise<number> {
  const way = await reach({ ...values, kubeconfig: values.file }, context);
  const { region } = way;
  const { cluster: name, alias } = values;
  // As the AWS CLI: the profile that it was called with, wherever that was named.
  const awsProfile = values['aws-profile'] ?? (process.env['AWS_PROFILE'] || undefined);
  const ownToken = values['own-token'] ? await ownCommand() : undefined;
  const wish: KubeconfigWish = {
    ...(alias === undefined ? {} : { alias }),
    ...(awsProfile === undefined ? {} : { awsProfile }),
    ...(ownToken === undefined ? {} : { ownToken }),
    switch: values.switch,
  };
  const cluster = await clusterOf(way, name);
  const files = await lookAtKubeconfigs(await way.kubeconfigs(values.file), cluster.arn);
  const hasCommand = await isOnPath(ownToken?.[0] ?? 'aws');
  const plan = planKubeconfig(wish, cluster, { files, hasCommand });
  const about = {
    cluster: name,
    region,
    context: contextName(wish, cluster),
    files: plan.changes.map(({ ref }) => ref.key),
  };
  return carry(
    {
      command: 'kubeconfig',
      about,
      json: values.json,
      answer: values.yes ? 'yes' : 'ask',
      withoutCluster: true,
      done: values.switch
        ? `The current context is ${about.context}.`
        : `The current context is as it was. For this cluster: kubectl --context ${about.context}`,
    },
    way,
    () => Promise.resolve({ plan }),
  );
}

/** How this command line is called: by its name where that is found, else by its file. */
async function ownCommand(): Promise<readonly string[]> {
  if (await isOnPath(OWN_COMMAND)) return [OWN_COMMAND];
  const [node = process.execPath, file] = process.argv;
  return file === undefined ? [OWN_COMMAND] : [node, realpathSync(file)];
}

interface TokenValues extends Omit<Reach, 'kubeconfig'> {
  readonly cluster: string;
}

/** Minutes for which the token is used; EKS takes it for fifteen, as the AWS CLI reckons (aws-cli, customizations/eks/get_token.py). */
const MINUTES = 14;
const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Prints an ExecCredential for kubectl, and nothing else. No call is made but what the credentials themselves need. */
export async function token(values: TokenValues, context: Context): Promise<number> {
  const { outside } = await reach({ ...values, kubeconfig: undefined }, context);
  const now = Date.now();
  const bearer = await unlessCancelled(outside.signal, outside.aws.eksToken(values.cluster));
  const credential = {
    kind: 'ExecCredential',
    apiVersion: askedVersion(process.env['KUBERNETES_EXEC_INFO']),
    spec: {},
    status: {
      expirationTimestamp: new Date(now + MINUTES * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      token: bearer,
    },
  };
  process.stdout.write(`${JSON.stringify(credential)}\n`);
  return EXIT.done;
}

/** The version that the client wants its answer in; what it says else is answered in the newest. */
function askedVersion(info: string | undefined): string {
  try {
    const { apiVersion } = JSON.parse(info ?? '') as { apiVersion?: unknown };
    const asked = VERSIONS.find((version) => version === apiVersion);
    if (asked !== undefined) return asked;
  } catch {
    // It names none.
  }
  return VERSIONS[0] ?? '';
}
