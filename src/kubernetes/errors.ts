import { absent, denied, failed, found, type Reading } from '../core/reading.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { KubernetesError } from './rest.ts';
import { messageOf } from '../core/text.ts';

/** What an error says, with what to do; `permission` is the verb and resource, for example "get namespaces". */
function explain(error: unknown, permission: string): { sentence: string; code: string } {
  if (!(error instanceof KubernetesError)) {
    return { sentence: messageOf(error), code: 'Unknown' };
  }
  const code = error.reason || String(error.status);
  if (error.status === 401) {
    return {
      sentence:
        'the cluster refused the sign-in (401). Does your AWS identity have an EKS access entry (or a line in aws-auth), and is the token of this cluster?',
      code,
    };
  }
  if (error.status === 403)
    return { sentence: `you are not permitted to ${permission} on this cluster. ${error.message}`, code };
  if (error.status === 409 && error.reason === 'Conflict') {
    return { sentence: 'it changed since it was read; nothing was overwritten. Make a new plan.', code };
  }
  return { sentence: error.message, code };
}

/** Answers, or the reading that the error stands for. */
export async function read<T>(permission: string, call: () => Promise<T>): Promise<Reading<T>> {
  try {
    return found(await call());
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return absent;
    const { sentence, code } = explain(error, permission);
    return error instanceof KubernetesError && error.status === 403
      ? denied(permission, error.message)
      : failed(sentence, code);
  }
}

/** Answers, or throws an {@link OutsideError} that names the permission. */
export async function act<T>(permission: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { sentence, code } = explain(error, permission);
    const forbidden = error instanceof KubernetesError && error.status === 403;
    throw new OutsideError(sentence, code, forbidden ? permission : undefined);
  }
}
