/** The question of the bucket: one of the account, one by its name, or a new one. */
import * as vscode from 'vscode';
import { bucketProblem, newBucketProblem, parseBucket } from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { unreadable } from '../core/plan/plan.ts';
import { valueOf } from '../core/reading.ts';
import type { Connections } from '../outside.ts';
import type { Aws } from '../provisioning/ports.ts';
import { eachOf } from './eachOf.ts';
import { BACK, explanation, input, pick, plain, type Choice, type Frame, type Remark } from './prompts.ts';
import type { Answers } from './questions.ts';

const { l10n } = vscode;

/** The bucket that was chosen: one that is there, or one to be made. */
export interface ChosenBucket {
  readonly name: string;
  readonly create: boolean;
}

/** @param before what was answered before, if anything */
export async function askBucket(
  frame: Frame,
  before: string | undefined,
  cluster: Answers['cluster'] | undefined,
  connections: Connections,
): Promise<ChosenBucket | typeof BACK> {
  const region = cluster?.region ?? '';
  const aws = () => connections.aws(cluster ?? { region });
  const partition = partitionOfRegion(region)?.id;
  /** Names that the person is told to be free. */
  const free = new Set<string>();
  const create: Choice<string> = {
    label: `$(add) ${l10n.t('Create a bucket…')}`,
    description: l10n.t('in {0}', region),
    ask: async () => {
      const client = await aws();
      const name = await askNewBucket({ ...frame, canGoBack: true }, client, cluster?.name ?? '');
      if (name !== BACK) free.add(name);
      return name;
    },
  };
  /** The listed buckets, and their regions where they are known. */
  const listed = new Map<string, string | undefined>();
  /** All lines. What was answered before stays one of them, also where it is not listed or not made yet. */
  const lines = (): readonly Choice<string>[] => [
    create,
    ...(before === undefined || listed.has(before)
      ? []
      : [{ label: plain(before), value: before, description: l10n.t('as answered before') }]),
    ...bucketChoices(listed, region),
  ];
  const name = await pick<string>({
    ...frame,
    placeholder: l10n.t('S3 bucket of the pipelines: choose one, or type a name or an ARN'),
    isDefault: (name) => name === before,
    typed: (text) => {
      const problem = bucketProblem(text, partition);
      const { name } = parseBucket(text);
      if (problem !== undefined) {
        // While a listed bucket is being typed, an unfinished name is no mistake.
        return [...listed.keys()].some((bucket) => bucket.includes(text)) ? undefined : explanation('error', problem);
      }
      // A listed bucket by its ARN or s3:// is not found by the list's own filter.
      return listed.has(text) ? undefined : { label: l10n.t('Use "{0}"', plain(name)), value: name };
    },
    confirm: async (name) => {
      if (!listed.has(name) || listed.get(name) === undefined) {
        const bucket = await (await aws()).bucket(name);
        if (bucket.state === 'absent') {
          const problem = newBucketProblem(name);
          if (problem !== undefined)
            return { severity: 'error', message: l10n.t('There is no bucket {0}. {1}', name, problem) };
          free.add(name);
          return {
            severity: 'info',
            message: l10n.t('There is no bucket {0}. Press Enter to create it in {1}.', name, region),
          };
        }
        return bucket.state === 'found' ? elsewhereRemark(name, bucket.value.region, region) : undefined;
      }
      return elsewhereRemark(name, listed.get(name), region);
    },
    load: async (show, signal) => {
      const client = await aws();
      const buckets = await client.buckets();
      if (buckets.state !== 'found') {
        const why = unreadable(buckets, l10n.t('The list of buckets'));
        return show([explanation('warning', l10n.t('Type the name of the bucket. {0}', why)), ...lines()]);
      }
      listed.clear();
      for (const bucket of buckets.value) listed.set(bucket.name, bucket.region);
      if (listed.size === 0) {
        return show([
          explanation(
            'info',
            l10n.t('This account has no bucket yet. Create one, or type the name of one of another account.'),
          ),
          ...lines(),
        ]);
      }
      show(lines());
      const untold = buckets.value.filter((bucket) => bucket.region === undefined).slice(0, MOST_LOOKED_AT);
      await eachOf(untold, signal, async ({ name }) => {
        const bucket = await client.bucket(name);
        if (bucket.state !== 'found') return;
        listed.set(name, bucket.value.region);
        show(lines());
      });
    },
  });
  return name === BACK ? BACK : { name, create: free.has(name) };
}

/** A name that nobody else is likely to have: buckets of all accounts share their names. At most 63 characters. */
function suggestedName(cluster: string, account: string, region: string): string {
  const name = cluster.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  const end = `-${account}-${region}`;
  const start = (name.startsWith('kubeflow') ? name : `kubeflow-${name}`).slice(0, 63 - end.length);
  return `${start.replace(/-+$/, '')}${end}`;
}

/** Asks for the name of a bucket to be made. A name that somebody else has is said on Enter. */
async function askNewBucket(frame: Frame, aws: Aws, cluster: string): Promise<string | typeof BACK> {
  const account = valueOf(await aws.caller())?.account;
  return input({
    ...frame,
    prompt: l10n.t(
      'Name of the new bucket in {0}. It gets no public access, TLS only, encryption; nobody but you ever deletes it.',
      aws.region,
    ),
    placeholder: l10n.t('unique among all AWS accounts'),
    value: account === undefined ? '' : suggestedName(cluster, account, aws.region),
    check: (name) => {
      const problem = newBucketProblem(name);
      return problem === undefined ? undefined : { severity: 'error', message: problem };
    },
    confirm: async (name) => {
      const bucket = await aws.bucket(name, account);
      if (bucket.state === 'absent') return undefined;
      if (bucket.state !== 'found')
        return { severity: 'warning', message: unreadable(bucket, l10n.t('Whether the name {0} is free', name)) };
      if (!bucket.value.accessible || bucket.value.foreign === true)
        return {
          severity: 'error',
          message: l10n.t(
            'The name {0} is taken: another account has a bucket of this name, or you may not use it.',
            name,
          ),
        };
      return {
        severity: 'info',
        message: l10n.t('Bucket {0} is there already, in {1}. Press Enter to use it.', name, bucket.value.region),
      };
    },
  });
}

/** A bucket in another region works, at a price. */
const elsewhereRemark = (name: string, own: string | undefined, region: string): Remark | undefined =>
  own === undefined || own === region
    ? undefined
    : {
        severity: 'warning',
        message: l10n.t(
          'Bucket {0} is in {1}, the cluster in {2}. Press Enter to use it: traffic costs more, and Pipelines must be told its region.',
          name,
          own,
          region,
        ),
      };

/** S3 tells regions with the list; where a proxy or an imitation does not, so many buckets are asked one by one. */
const MOST_LOOKED_AT = 100;

/** Lines for buckets: those of the cluster's region first, then those elsewhere, said to be so. */
function bucketChoices(regions: ReadonlyMap<string, string | undefined>, region: string): readonly Choice<string>[] {
  const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const group = (title: string, belongs: (own: string | undefined) => boolean, say: (own: string) => string) => {
    const names = [...regions].filter(([, own]) => belongs(own));
    const lines = names.map(([name, own]): Choice<string> => {
      return { label: plain(name), value: name, ...(own === undefined ? {} : { description: say(own) }) };
    });
    return lines.length === 0 ? [] : [separator(title), ...lines];
  };
  return [
    ...group(
      l10n.t('in {0}, as the cluster', region),
      (own) => own === region,
      (own) => own,
    ),
    ...group(
      l10n.t('region not told'),
      (own) => own === undefined,
      () => '',
    ),
    ...group(
      l10n.t('in another region'),
      (own) => own !== undefined && own !== region,
      (own) => `$(warning) ${own}`,
    ),
  ];
}
