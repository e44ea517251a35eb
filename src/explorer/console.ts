/** Pages of the AWS console. Source: the console's own addresses, by partition. */
import { partitionOfRegion } from '../core/arn/partitions.ts';

/** What the console has a page for. */
export type ConsolePage =
  | { readonly kind: 'cluster'; readonly region: string; readonly name: string }
  | { readonly kind: 'role'; readonly region: string; readonly name: string }
  | { readonly kind: 'bucket'; readonly region: string; readonly name: string; readonly prefix: string };

/** Hosts of the console where they are not `<region>.console.aws.amazon.com`. */
const HOSTS: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** The address of a page; undefined for a partition whose console is not public. */
export function consoleUrl(page: ConsolePage): string | undefined {
  const partition = partitionOfRegion(page.region)?.id ?? 'aws';
  const host = partition === 'aws' ? `${page.region}.console.aws.amazon.com` : HOSTS[partition];
  if (host === undefined) return undefined;
  const name = encodeURIComponent(page.name);
  const region = encodeURIComponent(page.region);
  switch (page.kind) {
    case 'cluster':
      return `https://${host}/eks/clusters/${name}?region=${region}`;
    case 'role':
      return `https://${host}/iam/home#/roles/details/${name}`;
    case 'bucket':
      return `https://${host}/s3/buckets/${name}?region=${region}&prefix=${encodeURIComponent(page.prefix)}`;
  }
}
