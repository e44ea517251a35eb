// What goes wrong with calls of AWS and of Kubernetes on request, and how each service words it. AWS's calls are met by the front,
// those of Kubernetes by a proxy that a test turns on for a cluster (`sandbox.meetCalls`, kube-proxy.ts).
//
// How a test makes calls go wrong: it gives a list of faults, to `sandbox.control({ faults })` in its own process or as JSON
// to CONTROL_PATH from another (POST; GET answers what is left of them). Each fault names a call, such as "iam:CreateRole" or
// "patch configmaps" ("create serviceaccounts/token", "get /apis"), and how many of the next calls of that name it befalls; two
// faults of one call come one after the other. `after`: so many calls of the name go well before. `of`: it befalls only calls that are
// signed with one of these access keys, or by or for one of these roles, by name. One of:
//   { call, times, answer: 'error' }         the service is broken: what each says then, with 500 (S3: InternalError, …)
//   { call, times, answer: 'throttled' }     as each service throttles: Throttling, SlowDown, 429 with Retry-After
//   { call, times, answer: 'denied' }        as each service denies: AccessDenied, AccessDeniedException, 403 with a Status
//   { call, times, status, code, message }   the call is refused with this error
//   { call, times, connection: 'reset' }     the connection breaks off before anything is done
//   { call, times, connection: 'lost' }      the call does its work (or is refused), and the connection breaks off instead of
//                                            the answer: "CreateRole works, the SDK calls again, EntityAlreadyExists"
//   { call, times, connection: 'silent' }    nothing is done, and nothing is answered for as long as the caller waits
//   { call, times, hold: 'before' }          the call waits until `sandbox.release()`; where its caller goes away meanwhile, it is
//                                            not done: so a process can be ended just before its call (`sandbox.held`)
//   { call, times, hold: 'after' }           the call does its work, and its answer waits
//   { call, times, delayMs }                 the call takes that much longer; also beside one of the above
// Calls are counted whatever befalls them; those of the sandbox's own parts are spared.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Refusal } from './sts.ts';

/** How an answer goes wrong that each service words in its own way. */
export type Answer = 'error' | 'throttled' | 'denied';

/** What is to go wrong with a call; the head of this file says what each does. */
export type Fault = {
  readonly call: string;
  /** How many calls it befalls; then the fault is over. */
  readonly times: number;
  readonly after?: number;
  readonly of?: readonly string[];
  /** Milliseconds until the call is looked at. */
  readonly delayMs?: number;
} & (
  | Refusal
  | { readonly answer: Answer }
  | { readonly connection: 'reset' | 'lost' | 'silent' }
  | { readonly hold: 'before' | 'after' }
  | { readonly delayMs: number }
);

/** A call before it is judged: its name, and whose it is (`of` of a fault). */
export interface Met {
  readonly name: string;
  readonly of: readonly string[];
}

/** The fault that befalls a call, and the faults that are left then. */
export function befalls(
  faults: readonly Fault[],
  { name, of }: Met,
): { readonly fault?: Fault; readonly left: Fault[] } {
  const next = faults.find(
    (one) => one.call === name && one.times > 0 && (one.of === undefined || one.of.some((who) => of.includes(who))),
  );
  if (next === undefined) return { left: [...faults] };
  const { after = 0, times } = next;
  const then: Fault = after > 0 ? { ...next, after: after - 1 } : { ...next, times: times - 1 };
  const left = faults.map((one) => (one === next ? then : one));
  return after > 0 ? { left } : { fault: next, left };
}

/** How each service says it: status, code, message. Sources: the API references, "Errors" and "Common errors". */
const WORDS: Readonly<
  Record<string, Readonly<Record<Answer, readonly [status: number, code: string, message: string]>>>
> = {
  iam: {
    error: [
      500,
      'ServiceFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
    ],
    throttled: [400, 'Throttling', 'Rate exceeded'],
    denied: [403, 'AccessDenied', ''],
  },
  sts: {
    error: [
      500,
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
    ],
    throttled: [400, 'Throttling', 'Rate exceeded'],
    denied: [403, 'AccessDenied', ''],
  },
  s3: {
    error: [500, 'InternalError', 'We encountered an internal error. Please try again.'],
    throttled: [503, 'SlowDown', 'Please reduce your request rate.'],
    denied: [403, 'AccessDenied', ''],
  },
  eks: {
    error: [500, 'ServerException', 'Internal Server Error'],
    throttled: [429, 'TooManyRequestsException', 'Too Many Requests'],
    denied: [403, 'AccessDeniedException', ''],
  },
  kms: {
    error: [500, 'KMSInternalException', ''],
    throttled: [400, 'ThrottlingException', 'Rate exceeded'],
    denied: [400, 'AccessDeniedException', ''],
  },
  'cognito-idp': {
    error: [500, 'InternalErrorException', 'Something went wrong'],
    throttled: [400, 'TooManyRequestsException', 'Rate exceeded'],
    denied: [400, 'AccessDeniedException', ''],
  },
};

/** The refusal of a call of AWS; `who`: ARN of the caller. */
export function refusalOf(fault: Fault, { name }: Met, who = 'unknown'): Refusal | undefined {
  if ('code' in fault) return fault;
  if (!('answer' in fault)) return undefined;
  const [service = ''] = name.split(':');
  const [status, code, message] = (WORDS[service] ?? WORDS['sts'])?.[fault.answer] ?? [500, 'InternalFailure', ''];
  const denied = `User: ${who} is not authorized to perform: ${name} because no identity-based policy allows the ${name} action`;
  return { status, code, message: fault.answer === 'denied' ? denied : message };
}

/** Ends the connection without an answer, as a reset. */
export function breakOff({ socket }: ServerResponse): void {
  // A socket of TLS cannot be reset: its end is one to the client all the same.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

/** Whatever is answered from here on reaches nobody: the connection breaks off where the answer would be complete. */
function loseAnswer(response: ServerResponse): void {
  response.write = () => true;
  response.end = () => {
    breakOff(response);
    return response;
  };
}

/** Whatever is answered from here on waits. */
function holdAnswer(response: ServerResponse, until: () => Promise<unknown>): void {
  const end = response.end.bind(response) as (body: Buffer) => void;
  const chunks: Buffer[] = [];
  const add = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  response.write = (chunk: unknown) => {
    add(chunk);
    return true;
  };
  response.end = (chunk?: unknown) => {
    add(chunk);
    void until().then(() => end(Buffer.concat(chunks)));
    return response;
  };
}

/** Meets calls: what is to go wrong with them does. */
export interface Faults {
  /**
   * Lets what is to befall a call befall it. `over`: nothing more is to be done, the connection is gone or the caller is. Else the
   * fault where something is to become of the answer: an error is to be answered; that it is lost or held happens by itself.
   */
  meet(call: Met, response: ServerResponse): Promise<'over' | Fault | undefined>;
  /** Calls that are held. */
  held(): readonly Met[];
  /** Lets all held calls go on, or those of a fault's `of`. */
  release(of?: readonly string[]): void;
}

/** `settings` hold the faults that are left. */
export function startFaults(settings: { faults: Fault[] }): Faults {
  const held = new Set<Met & { readonly go: () => void }>();
  /** Resolves when it is released, or its caller goes away: then with false. */
  const wait = (call: Met, response: ServerResponse): Promise<boolean> =>
    new Promise((resolve) => {
      const entry = { ...call, go: () => end(true) };
      const gone = (): void => end(false);
      const end = (released: boolean): void => {
        held.delete(entry);
        response.off('close', gone);
        resolve(released);
      };
      held.add(entry);
      response.once('close', gone);
    });
  return {
    meet: async (call, response) => {
      const { fault, left } = befalls(settings.faults, call);
      settings.faults = left;
      if (fault === undefined) return undefined;
      if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
      if ('code' in fault || 'answer' in fault) return fault;
      if ('hold' in fault) {
        if (fault.hold === 'before') return (await wait(call, response)) ? undefined : 'over';
        holdAnswer(response, () => wait(call, response));
        return fault;
      }
      if (!('connection' in fault)) return undefined;
      if (fault.connection === 'reset') breakOff(response);
      if (fault.connection !== 'lost') return 'over';
      loseAnswer(response);
      return fault;
    },
    held: () => [...held].map(({ name, of }) => ({ name, of })),
    release: (of) => {
      for (const one of [...held]) if (of === undefined || of.some((who) => one.of.includes(who))) one.go();
    },
  };
}
