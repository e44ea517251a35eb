import { partitionOfRegion } from './core/arn/partitions.ts';

/** One AWS identity in one region: where clusters are listed. */
export interface Source {
  /** AWS profile; undefined: the default provider chain. */
  readonly awsProfile?: string;
  readonly region: string;
}

export const sourceOf = (awsProfile: string | undefined, region: string): Source =>
  awsProfile === undefined ? { region } : { awsProfile, region };

/** Names may hold any character, a slash too. */
export const sourceId = ({ awsProfile, region }: Source): string =>
  [awsProfile ?? '', region].map(encodeURIComponent).join('/');

/**
 * The regions of an AWS profile: of the chosen ones those of the partition of its own region, for which alone its credentials can
 * be good; where none is, its own.
 */
export function regionsFor(own: string | undefined, chosen: readonly string[]): readonly string[] {
  const partition = own === undefined ? undefined : partitionOfRegion(own)?.id;
  const fitting = chosen.filter((region) => partition === undefined || partitionOfRegion(region)?.id === partition);
  return fitting.length > 0 || own === undefined ? fitting : [own];
}
