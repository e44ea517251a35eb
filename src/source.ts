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
