/** One sign-in of a session at a time, for all who ask for it meanwhile. */
import { signIn, type SsoSession, type Verification } from './signIn.ts';

/** A sign-in that runs, the page that it shows, and how many wait for it. */
interface SigningIn {
  readonly shown: Promise<Verification>;
  readonly running: Promise<void>;
  readonly stop: AbortController;
  waiting: number;
}

const signingIn = new Map<string, SigningIn>();

function begin(session: SsoSession, key: string, done: () => void): SigningIn {
  let show: (verification: Verification) => void = () => undefined;
  const shown = new Promise<Verification>((resolve) => (show = resolve));
  const stop = new AbortController();
  const over = (): void => void (signingIn.get(key) === begun && signingIn.delete(key));
  // Who asks after the last has given up begins anew.
  stop.signal.addEventListener('abort', over, { once: true });
  const running = signIn(session, show, stop.signal).then(done).finally(over);
  const begun: SigningIn = { shown, running, stop, waiting: 0 };
  signingIn.set(key, begun);
  return begun;
}

/**
 * Signs in as {@link signIn} does. Who asks while a sign-in of the session runs waits for that one, and is shown its page. It goes on
 * as long as somebody waits; who gives up by `signal` gets its reason. `done` is called once, before anybody goes on.
 */
export async function signInTogether(
  session: SsoSession,
  ask: (verification: Verification) => void,
  signal: AbortSignal,
  done: () => void,
): Promise<void> {
  signal.throwIfAborted();
  const key = session.name ?? session.startUrl;
  const it = signingIn.get(key) ?? begin(session, key, done);
  it.waiting++;
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
  });
  const page = it.shown.then((verification) => signal.aborted || ask(verification));
  try {
    // A page that cannot be shown ends the wait: without it nobody can sign in.
    await Promise.race([it.running, left, page.then(() => it.running)]);
  } finally {
    signal.removeEventListener('abort', leave);
    it.waiting--;
    if (it.waiting === 0) it.stop.abort(signal.reason);
  }
}
