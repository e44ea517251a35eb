/** Events of CloudTrail as error texts. Source: CloudTrail User Guide, "CloudTrail record contents". */

interface Record_ {
  readonly eventName?: unknown;
  readonly eventSource?: unknown;
  readonly errorCode?: unknown;
  readonly errorMessage?: unknown;
  readonly userIdentity?: { readonly arn?: unknown; readonly userName?: unknown; readonly principalId?: unknown };
  readonly requestParameters?: Readonly<Record<string, unknown>> | null;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The events of a text that denied something, each as one line; undefined where the text is no JSON of CloudTrail. A single event, a
 * file of `Records`, and the answer of LookupEvents, whose events are JSON in a string.
 */
export function recordsIn(json: string): readonly string[] | undefined {
  const events = eventsIn(json);
  return events.length === 0 ? undefined : events.filter((event) => text(event.errorCode) !== '').map(lineOf);
}

function eventsIn(json: string): readonly Record_[] {
  try {
    return eventsOf(JSON.parse(json));
  } catch {
    // No JSON, or nested beyond the stack.
    return [];
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function eventsOf(read: unknown): readonly Record_[] {
  if (Array.isArray(read)) return read.flatMap(eventsOf);
  if (!isObject(read)) return [];
  const { Records, Events, CloudTrailEvent } = read;
  if (Array.isArray(Records)) return Records.flatMap(eventsOf);
  if (Array.isArray(Events)) return Events.flatMap(eventsOf);
  if (typeof CloudTrailEvent === 'string') return eventsIn(CloudTrailEvent);
  return typeof read['eventName'] === 'string' && typeof read['eventSource'] === 'string' ? [read] : [];
}

function lineOf(event: Record_): string {
  const { userIdentity, requestParameters } = event;
  const service = text(event.eventSource).replace(/\.amazonaws\.com$/, '');
  const who = text(userIdentity?.arn) || text(userIdentity?.userName) || text(userIdentity?.principalId);
  const { bucketName, key, roleArn } = requestParameters ?? {};
  const on =
    text(roleArn) ||
    (text(bucketName) === '' ? '' : `arn:aws:s3:::${text(bucketName)}${text(key) === '' ? '' : `/${text(key)}`}`);
  const message = text(event.errorMessage);
  const named = /User: \S+ is not authorized/.test(message)
    ? ''
    : `User: ${who || 'unknown'} is not authorized to perform: ${service}:${text(event.eventName)}${on === '' ? '' : ` on resource: ${on}`}. `;
  return `${named}${text(event.errorCode)}: ${message}`;
}
