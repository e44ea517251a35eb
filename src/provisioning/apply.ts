import { AUDIENCE, canonicalPolicy, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { blockers, clusterTags, unreadable, type Desired, type Plan, type Step } from '../core/plan/plan.ts';
import { spoken } from '../core/text.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { OutsideError, type Kubernetes } from './ports.ts';
import { patiently, verify, type Outside, type Target, type Verification } from './verify.ts';

/** What became of one step. */
export interface StepResult {
  readonly step: Step;
  readonly state: 'done' | 'kept' | 'failed' | 'not-run';
  /** Why it failed and what to do next, or why it did not run. */
  readonly reason?: string;
  /** Wall time in milliseconds. */
  readonly milliseconds: number;
}

export interface ApplyResult {
  /** True if every step is done or kept and the verification did not fail. */
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly steps: readonly StepResult[];
  readonly verification?: Verification;
}

/** Told before each step: which of how many it is. */
export type Progress = (step: Step, number: number, of: number) => void;

/** How long the profile controller may take to make the service account and annotate it, in milliseconds. */
const CONTROLLER_TIMEOUT = 60_000;
/** A trust policy is refused while its new OIDC provider is not visible yet (Terraform's propagationTimeout); waits in milliseconds. */
const PRINCIPAL_PATIENCE = [200, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];

/** A role made a moment ago may not be visible yet (IAM User Guide, troubleshoot_general); waits in milliseconds. */
const ROLE_PATIENCE = [100, 300, 1_000, 3_000, 8_000];

/**
 * Runs the plan's steps in order. Stops at the first that fails or when `outside.signal` aborts (between steps, never in the
 * middle of a call), and says of every step what became of it: nothing half-done is left unnamed. What is as wanted is kept;
 * what changed since the plan was made is not overwritten. A plan with blocked steps is refused with its reasons.
 */
export async function apply(
  plan: Plan,
  outside: Outside,
  progress: Progress,
  bucketRegion: string,
): Promise<ApplyResult> {
  const { desired } = plan;
  const stopped = blockers(plan);
  if (desired === undefined || stopped.length > 0) {
    const results = plan.steps.map((step): StepResult => {
      const reason = step.reason ?? 'The plan is blocked.';
      return step.kind === 'blocked'
        ? { step, state: 'failed', reason, milliseconds: 0 }
        : { step, state: 'not-run', reason: 'The plan is blocked: nothing was changed.', milliseconds: 0 };
    });
    return { ok: false, cancelled: false, steps: results };
  }
  const results: StepResult[] = [];
  // Also where an earlier run wrote and was cut off before its proof.
  const changed = plan.steps.some(({ kind }) => kind !== 'keep' && kind !== 'verify');
  let verification: Verification | undefined;
  let halted: string | undefined;
  let cancelled = false;
  for (const [index, step] of plan.steps.entries()) {
    if (halted === undefined && outside.signal?.aborted === true) {
      cancelled = true;
      halted = 'Cancelled before this step.';
    }
    if (halted !== undefined) {
      results.push({ step, state: 'not-run', reason: halted, milliseconds: 0 });
      continue;
    }
    if (step.kind === 'keep') {
      results.push({ step, state: 'kept', milliseconds: 0 });
      continue;
    }
    progress(step, index + 1, plan.steps.length);
    const started = performance.now();
    try {
      if (step.kind === 'verify') {
        // A run that changed nothing writes nothing either: it is checked, and Verify gives the full proof.
        verification = await verify(targetOf(plan, desired, bucketRegion), outside, {
          touch: changed,
          settled: !changed,
        });
        const bad = verification.proofs.filter((proof) => !proof.ok);
        if (bad.length > 0) throw new Error(bad.map((proof) => proof.text).join(' '));
      } else {
        await runStep(step, plan, desired, outside);
      }
      results.push({ step, state: 'done', milliseconds: performance.now() - started });
    } catch (error) {
      const reason = spoken(error instanceof Error ? error.message : String(error));
      cancelled = error instanceof OutsideError && error.code === 'Cancelled';
      results.push({
        step,
        state: cancelled ? 'not-run' : 'failed',
        reason,
        milliseconds: performance.now() - started,
      });
      halted = cancelled ? 'Cancelled before this step.' : 'An earlier step failed.';
    }
  }
  return {
    ok: !cancelled && results.every(({ state }) => state === 'done' || state === 'kept'),
    cancelled,
    steps: results,
    ...(verification === undefined ? {} : { verification }),
  };
}

/** What a verification of this plan's profile is about. */
export const targetOf = (plan: Plan, desired: Desired, bucketRegion: string): Target => ({
  profile: plan.request.profile,
  roleArn: desired.roleArn,
  issuer: desired.issuer,
  bucket: plan.request.bucket,
  bucketRegion,
  access: plan.request.access,
});

const movedOn = (what: string): OutsideError =>
  new OutsideError(`${what} changed since the plan was made; nothing was overwritten. Make a new plan.`, 'Changed');

async function runStep(step: Step, plan: Plan, desired: Desired, outside: Outside): Promise<void> {
  const { aws, kubernetes } = outside;
  switch (step.id) {
    case 'oidc-provider':
      if (step.kind === 'create') await aws.createOidcProvider(desired.issuer, AUDIENCE, clusterTags(desired.cluster));
      else await aws.addAudience(desired.providerArn, AUDIENCE);
      return;
    case 'role':
      if (step.kind === 'create') await createRole(plan, desired, outside);
      else await changeTrust(step, desired, outside);
      return;
    case 'role-policy':
      await putPolicy(step, desired, outside);
      return;
    case 'profile':
      if (step.kind === 'create') await kubernetes.createProfile(desired.profile);
      else await kubernetes.replaceProfile(desired.profile);
      return;
    case 'service-account':
      await waitForController(plan, desired, kubernetes, outside.signal);
      return;
    case 'caller':
    case 'cluster':
    case 'bucket':
    case 'verification':
      return;
  }
}

/** Writes a trust policy; tries again while IAM does not know its provider yet. */
const withNewProvider = (outside: Outside, write: () => Promise<void>): Promise<void> =>
  patiently(
    outside,
    write,
    PRINCIPAL_PATIENCE,
    ({ code, message }) => code.startsWith('MalformedPolicyDocument') && message.includes('Invalid principal'),
  );

async function createRole(plan: Plan, desired: Desired, outside: Outside): Promise<void> {
  const description = `S3 access of Kubeflow profile ${plan.request.profile} on EKS cluster ${plan.request.cluster}`;
  await withNewProvider(outside, () =>
    outside.aws.createRole(desired.roleName, desired.trustPolicy, description, desired.tags),
  );
}

async function changeTrust(step: Step, desired: Desired, outside: Outside): Promise<void> {
  const now = await outside.aws.role(desired.roleName);
  if (now.state !== 'found' || canonicalPolicy(now.value.trustPolicy) !== canonicalPolicy(step.before ?? '')) {
    throw movedOn(`The trust policy of ${desired.roleName}`);
  }
  await withNewProvider(outside, () => outside.aws.updateTrustPolicy(desired.roleName, desired.trustPolicy));
}

async function putPolicy(step: Step, desired: Desired, outside: Outside): Promise<void> {
  const { aws } = outside;
  const now = await aws.rolePolicies(desired.roleName, desired.policyName);
  if (now.state === 'denied' || now.state === 'failed') {
    throw new OutsideError(unreadable(now, `Inline policy ${desired.policyName}`), now.state);
  }
  const ours = now.state === 'found' ? now.value.ours : undefined;
  const expected = step.before === undefined ? undefined : canonicalPolicy(step.before);
  // A fresh role may not be visible yet (absent): then there is nothing to overwrite.
  if ((ours === undefined ? undefined : canonicalPolicy(ours)) !== expected)
    throw movedOn(`Inline policy ${desired.policyName}`);
  await patiently(
    outside,
    () => aws.putRolePolicy(desired.roleName, desired.policyName, desired.permissionsPolicy),
    ROLE_PATIENCE,
    ({ code }) => code.startsWith('NoSuchEntity'),
  );
}

/** Judges by objects, not by status: the controller never reports one (facts of kubeflow/dashboard profile_controller.go). */
async function waitForController(
  plan: Plan,
  desired: Desired,
  kubernetes: Kubernetes,
  signal?: AbortSignal,
): Promise<void> {
  const { profile } = plan.request;
  const annotated = await kubernetes.waitForServiceAccount(
    profile,
    SERVICE_ACCOUNT,
    (serviceAccount) => serviceAccount.annotations[ROLE_ANNOTATION] === desired.roleArn,
    CONTROLLER_TIMEOUT,
    signal,
  );
  if (annotated !== undefined) return;
  if (signal?.aborted === true)
    throw new OutsideError('Cancelled while waiting for the profile controller.', 'Cancelled');
  const [namespace, serviceAccount] = await Promise.all([
    kubernetes.namespace(profile),
    kubernetes.serviceAccount(profile, SERVICE_ACCOUNT),
  ]);
  const seconds = CONTROLLER_TIMEOUT / 1000;
  const log =
    "Look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager";
  if (namespace.state === 'absent') {
    throw new OutsideError(
      `After ${seconds} s there is no namespace ${profile}: is the profile controller running? ${log}`,
      'Timeout',
    );
  }
  if (serviceAccount.state === 'absent') {
    throw new OutsideError(
      `After ${seconds} s namespace ${profile} has no service account ${SERVICE_ACCOUNT}. ${log}`,
      'Timeout',
    );
  }
  if (serviceAccount.state === 'found') {
    const annotation = serviceAccount.value.annotations[ROLE_ANNOTATION];
    throw new OutsideError(
      `After ${seconds} s the annotation of ${profile}/${SERVICE_ACCOUNT} is ${annotation === undefined ? 'missing' : `"${annotation}"`}, not the role. ${log}`,
      'Timeout',
    );
  }
  throw new OutsideError(`After ${seconds} s ${profile}/${SERVICE_ACCOUNT} cannot be read. ${log}`, 'Timeout');
}
