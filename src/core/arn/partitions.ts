/** One AWS partition: ARNs, endpoints and identities never cross its border. */
export interface Partition {
  /** The second field of its ARNs. */
  readonly id: string;
  /** What the host names of its service endpoints end in. */
  readonly dnsSuffix: string;
  /** Matches the region names of this partition and no others, also regions that are not open yet. */
  readonly regionPattern: RegExp;
  /** The region in which its global services (IAM, STS without a region) are signed. */
  readonly globalRegion: string;
}

/** Source: botocore 1.43.11, `data/partitions.json` (regionRegex, outputs.dnsSuffix, outputs.implicitGlobalRegion). */
export const PARTITIONS: readonly Partition[] = [
  {
    id: 'aws',
    dnsSuffix: 'amazonaws.com',
    regionPattern: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
    globalRegion: 'us-east-1',
  },
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', regionPattern: /^cn-\w+-\d+$/, globalRegion: 'cn-northwest-1' },
  { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com', regionPattern: /^us-gov-\w+-\d+$/, globalRegion: 'us-gov-west-1' },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', regionPattern: /^us-iso-\w+-\d+$/, globalRegion: 'us-iso-east-1' },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', regionPattern: /^us-isob-\w+-\d+$/, globalRegion: 'us-isob-east-1' },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', regionPattern: /^eu-isoe-\w+-\d+$/, globalRegion: 'eu-isoe-west-1' },
  { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov', regionPattern: /^us-isof-\w+-\d+$/, globalRegion: 'us-isof-south-1' },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', regionPattern: /^eusc-de-\w+-\d+$/, globalRegion: 'eusc-de-east-1' },
];

/** The partition a region belongs to; undefined for a name that no partition can have. */
export function partitionOfRegion(region: string): Partition | undefined {
  return PARTITIONS.find((partition) => partition.regionPattern.test(region));
}

/** The partition with this id (`aws`, `aws-cn`, …); undefined when there is none. */
export function partitionById(id: string): Partition | undefined {
  return PARTITIONS.find((partition) => partition.id === id);
}
