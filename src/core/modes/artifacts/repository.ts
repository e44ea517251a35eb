/** KP-058, KP-048 and KP-042 of the field `s3` of an artifact repository of Argo. Source: argo-workflows workflow/artifacts/s3/s3.go. */
import { bucketNameProblem } from '../../arn/s3.ts';
import { addEntry, removeEntries, replaceEntry, replaceValue } from '../../document/edit.ts';
import { type DocEntry, type DocNode, type DocObject, entry, get, HOLE, textOf } from '../../document/node.ts';
import { finding, type Fix, type Seen } from '../../finding.ts';
import { fillIn } from '../../policy/placeholder.ts';
import { AWS_ENDPOINT } from '../../profile/names.ts';
import { isOpen } from '../folder.ts';
import { correct, hasHole, inQuotes, type ManifestContext, shorten } from '../manifest.ts';
import { checkRole, filled } from '../profile/role.ts';

const KEYS = ['accessKeySecret', 'secretKeySecret'];

/** How Go takes the fields that count here (pkg/apis/workflow/v1alpha1 S3Bucket). */
const TYPES: Readonly<Record<string, 'text' | 'boolean' | 'object'>> = {
  ...{ endpoint: 'text', bucket: 'text', region: 'text', roleARN: 'text', keyFormat: 'text', keyPrefix: 'text' },
  ...{ insecure: 'boolean', useSDKCreds: 'boolean' },
  ...{ accessKeySecret: 'object', secretKeySecret: 'object', sessionTokenSecret: 'object' },
};
const WORDS = { text: 'a text', boolean: 'true or false, without quotes', object: 'an object with name and key' };

/** @param whole the repository is all there, so that what is missing is missing */
export function checkS3(s3: DocNode | undefined, whole = false, context: ManifestContext = {}): Seen[] {
  if (s3?.type !== 'object') return [];
  return [...checkTypes(s3), ...checkPlace(s3, whole), ...checkCredentials(s3), ...ofRole(get(s3, 'roleARN'), context)];
}

function checkTypes(s3: DocObject): Seen[] {
  return s3.entries.flatMap(({ key, value }) => {
    const type = TYPES[String(key.value)];
    // What is filled in later is of the type that it is filled in with.
    if (type === undefined || value.type === 'null' || isOpen(textOf(value) ?? '')) return [];
    const is = value.type === 'string' ? 'text' : value.type;
    if (is === type) return [];
    const text = textOf(value)?.trim().toLowerCase();
    const fixes: Fix[] = [];
    if (type === 'boolean' && (text === 'true' || text === 'false')) fixes.push(correct(value, text === 'true'));
    if (type === 'text' && (is === 'number' || is === 'boolean')) fixes.push(...inQuotes(value));
    const message = `${String(key.value)} must be ${WORDS[type]}: Argo cannot read the repository.`;
    return [finding('KP-058', is === 'object' || is === 'array' ? key : value, message, fixes, 'error')];
  });
}

/** Endpoint, bucket and region. */
function checkPlace(s3: DocObject, whole: boolean): Seen[] {
  const [endpoint, bucket, region] = ['endpoint', 'bucket', 'region'].map((key) => filled(get(s3, key)));
  const found: Seen[] = [];
  const isAws = entry(s3, 'useSDKCreds') !== undefined || region !== undefined || KEYS.some((key) => entry(s3, key));
  if (whole && !filled(get(s3, 'endpoint')) && bucket && isAws && get(s3, 'endpoint')?.type !== 'object') {
    const its = get(s3, 'endpoint');
    const right = 's3.amazonaws.com';
    const fix: Fix = {
      title: `Set ${right}`,
      edits: its ? [replaceValue(its, right)] : addEntry(s3, 'endpoint', right),
      preferred: region !== undefined && REGION.test(String(region.value)),
    };
    const message =
      'There is no endpoint, and Argo has none by itself: every step fails, "does not follow ip address or domain name standards".';
    found.push(finding('KP-058', entry(s3, 'bucket')?.key ?? bucket, message, [fix], 'error'));
  }
  if (endpoint && !isOpen(String(endpoint.value))) {
    const text = String(endpoint.value);
    const host = /^https?:\/\/(?<host>[^/]+)\/*$/i.exec(text)?.groups?.['host'];
    const scheme = /^[a-z][a-z0-9]*:\/\//i.exec(text)?.[0];
    if (scheme !== undefined) {
      const message = `Argo takes a host here, without ${scheme} (insecure says whether TLS is used): with it every step fails.`;
      found.push(finding('KP-058', endpoint, message, host === undefined ? [] : [correct(endpoint, host)], 'error'));
    }
  }
  found.push(...checkRegion('KP-058', region, endpoint, 'error'));
  if (bucket && !isOpen(String(bucket.value))) {
    const text = String(bucket.value);
    const address = /^s3:\/\/(?<name>[^/]+)\/?$/.exec(text)?.groups?.['name'];
    if (text.includes('/')) {
      const message = `bucket is the name of a bucket alone; "${shorten(text)}" is none. A prefix belongs into keyFormat.`;
      found.push(finding('KP-058', bucket, message, address === undefined ? [] : [correct(bucket, address)], 'error'));
    } else {
      const problem = bucketNameProblem(text);
      if (problem !== undefined && (!endpoint || AWS_ENDPOINT.test(String(endpoint.value))))
        found.push(finding('KP-042', bucket, problem, [], /[A-Z_]/.test(text) ? 'warning' : 'error'));
    }
  }
  return found;
}

/** The name of a region, as `eu-west-1`. */
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;

/** The region in an endpoint of S3, of whatever kind; undefined where it names none. */
export const regionOfEndpoint = (endpoint: string): string | undefined =>
  /(?:^|[./])s3(?:-fips)?[.-](?:dualstack\.)?(?<region>[a-z]{2}(?:-[a-z]+)+-\d+)(?:\.vpce)?\.amazonaws\.com/.exec(
    endpoint,
  )?.groups?.['region'];

/** A zone in the place of a region, and one that is not that of the endpoint. */
export function checkRegion(
  id: 'KP-056' | 'KP-058',
  region: DocNode | undefined,
  endpoint: DocNode | undefined,
  severity: 'error' | 'warning',
): Seen[] {
  const text = textOf(region);
  if (!region || text === undefined || hasHole(region)) return [];
  const zone = /^(?<region>[a-z]{2}(?:-[a-z]+)+-\d+)[a-f]$/.exec(text)?.groups?.['region'];
  if (zone !== undefined)
    return [finding(id, region, `${text} is a zone: the region is ${zone}.`, [correct(region, zone)], 'error')];
  const its = endpoint && !hasHole(endpoint) ? regionOfEndpoint(textOf(endpoint) ?? '') : undefined;
  if (its === undefined || its === text || !REGION.test(text)) return [];
  const message = `The endpoint is that of ${its}, and the calls are signed for ${text}: S3 refuses them. Say where the bucket is in both.`;
  return [finding(id, region, message, [{ ...correct(region, its), preferred: false }], severity)];
}

/** The role that Argo assumes: it comes before the role of the pod. */
function ofRole(node: DocNode | undefined, context: ManifestContext): Seen[] {
  const role = filled(node);
  return role ? checkRole(role, { ...context, partial: true }) : [];
}

/** Whether a host is told, be it in part: what is filled in whole may be that of S3. */
const namesHost = (endpoint: DocNode): boolean =>
  !hasHole(endpoint) && /[a-z]/i.test(fillIn(textOf(endpoint) ?? '').replaceAll(HOLE, ''));

/** Whether a host is surely none of the cluster's: a service there is called NAME, NAME.NAMESPACE or has svc in its name. */
const isOutside = (endpoint: string): boolean => {
  const host = endpoint.replace(/^[a-z]+:\/\//i, '').replace(/[:/].*$/s, '');
  return host.split('.').length > 2 && !/\.(?:svc|local|internal)(?:\.|$)/i.test(host);
};

/** KP-058 and KP-048: whose credentials, and whether with TLS. */
function checkCredentials(s3: DocObject): Seen[] {
  const endpoint = get(s3, 'endpoint');
  const onAws = AWS_ENDPOINT.test(textOf(endpoint) ?? '');
  const keys = KEYS.flatMap((key): DocEntry[] => {
    const its = entry(s3, key);
    return its ? [its] : [];
  });
  const sdk = get(s3, 'useSDKCreds');
  const usesSdk = sdk !== undefined && (sdk.type !== 'boolean' || sdk.value === true);
  const useSdk = usesSdk ? [] : sdk ? [replaceValue(sdk, true)] : addEntry(s3, 'useSDKCreds', true);
  const findings: Seen[] = [];
  const [first] = keys;
  if (first && onAws) {
    const edits =
      usesSdk || sdk
        ? [...removeEntries(s3, keys), ...useSdk]
        : [replaceEntry(first, 'useSDKCreds', true), ...removeEntries(s3, keys.slice(1))];
    const fix: Fix = { title: 'Use the role instead of keys', edits, preferred: true };
    findings.push(
      finding(
        'KP-058',
        first.key,
        'Keys from a secret come before the role: pods do not use the role of the profile.',
        [fix],
      ),
    );
  } else if (first && filled(endpoint) && endpoint && namesHost(endpoint)) {
    const where = isOutside(textOf(endpoint) ?? '') ? 'another object store' : 'the object store in the cluster';
    const message = `Artifacts and logs of version 1 pipelines go to ${where}, with its keys, not to S3.`;
    findings.push(finding('KP-058', endpoint, message, [], 'information'));
  }
  // Without keys Argo takes the role of the pod, with useSDKCreds and without: minio-go's NewIAM reads the token's file, too.
  const insecure = get(s3, 'insecure');
  if (onAws && insecure?.type === 'boolean' && insecure.value === true) {
    const message = 'S3 is called without TLS; a bucket policy that requires it refuses every call.';
    findings.push(finding('KP-048', insecure, message, [correct(insecure, false)], 'warning'));
  }
  return findings;
}
