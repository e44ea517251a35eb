/** Every command of the command line, a row each. Loaded at each start, so a row holds no work: it says where the work is. */
import {
  aliasProblem,
  bucketProblem,
  clusterNameProblem,
  keyProblem,
  ownerProblem,
  prefixProblem,
  profileNameProblem,
  roleNameProblem,
  serviceAccountProblem as accountProblem,
} from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { boundaryProblem, pathProblem, sessionProblem, tagProblem } from '../core/arn/role.ts';
import { CHECK_IDS, wordsProblem } from '../core/doctor/parts.ts';
import { TARGETS } from '../export/targets.ts';
import { FIX_SEVERITY, SEVERITIES } from '../core/fix.ts';
import { MANAGING_TOOLS } from '../core/tools.ts';
import { CONTRIBUTOR_ROLES } from '../core/people/kfam.ts';
import { ACCESS_LEVELS } from '../core/request.ts';
import { command, type Commands, type Option } from './parse.ts';

const runs = () => import(/* webpackChunkName: "runs-cli" */ './runs.ts');
const edit = () => import(/* webpackChunkName: "provision" */ './edit.ts');
const people = () => import(/* webpackChunkName: "people-cli" */ './people.ts');
const kubeconfigs = () => import(/* webpackChunkName: "kubeconfig-cli" */ './kubeconfig.ts');
const leave = () => import(/* webpackChunkName: "leave" */ './leave.ts');
const provision = () => import(/* webpackChunkName: "provision" */ './provision.ts');

const cluster = {
  type: 'string',
  value: 'NAME',
  required: true,
  help: 'EKS cluster',
  check: clusterNameProblem,
} as const satisfies Option;
const region = {
  type: 'string',
  value: 'REGION',
  help: 'its AWS region',
  otherwise: 'that of the AWS profile or the environment',
  check: (name: string) => (partitionOfRegion(name) === undefined ? 'AWS has no region of such a name.' : undefined),
} as const satisfies Option;
const profile = {
  type: 'string',
  value: 'NAME',
  required: true,
  help: 'Kubeflow profile, and so its namespace',
  check: profileNameProblem,
} as const satisfies Option;
const bucket = {
  type: 'string',
  value: 'NAME',
  check: (text: string, given: Readonly<Record<string, string>>) =>
    bucketProblem(text, partitionOfRegion(given['region'] ?? '')?.id),
} as const;
const access = {
  type: 'string',
  value: 'LEVEL',
  choices: ACCESS_LEVELS.map(({ id }) => id),
} as const;
/** The key of `KEY=VALUE`, and its value; without one where there is no "=". */
const keyAndValue = (text: string): readonly [string, string | undefined] => {
  const at = text.indexOf('=');
  return at < 1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
};
/** How AWS and the cluster are reached, and how it is said. */
const reach = {
  'aws-profile': {
    type: 'string',
    value: 'NAME',
    help: 'profile of `~/.aws/config`',
    otherwise: "the SDK's provider chain",
  },
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    help: 'kubeconfig to look for a context of the cluster in',
    otherwise: '`KUBECONFIG`, then `~/.kube/config`',
  },
  json: { type: 'boolean', help: 'one JSON object on stdout' },
} as const satisfies Record<string, Option>;
const yes = {
  type: 'boolean',
  help: 'do it without asking; needed where there is no terminal',
} as const satisfies Option;
/** What a person agrees to by a tool's name. */
const writes = {
  'write-managed': {
    type: 'string',
    value: 'TOOL',
    multiple: true,
    choices: MANAGING_TOOLS,
    help: 'write although this tool manages what is written, and may take it back; may stand several times; without it such a plan is blocked',
  },
} as const satisfies Record<string, Option>;
/** A run of the journal. */
const run = {
  type: 'string',
  value: 'ID',
  required: true,
  help: 'run, as `runs` and the result of a command name it',
} as const satisfies Option;

/** What can be chosen of a profile's role and place, and need not be. */
const choices = {
  prefix: {
    type: 'string',
    value: 'PREFIX',
    help: "where in the bucket the profile's objects lie",
    otherwise: 'where they lie now; of a new profile its name',
    check: prefixProblem,
  },
  path: {
    type: 'string',
    value: 'PATH',
    help: 'path of the IAM role; a role that is there cannot be moved, so that another path means another role',
    otherwise: "that of the profile's role; of a new one `/`",
    check: pathProblem,
  },
  boundary: {
    type: 'string',
    value: 'ARN',
    help: "permissions boundary of the role: a managed policy of the cluster's account or of AWS",
    otherwise: 'as it is',
    check: (text: string) => boundaryProblem(text),
  },
  'session-duration': {
    type: 'string',
    value: 'SECONDS',
    help: 'longest session of the role, 3600 to 43200',
    otherwise: 'as it is; of a new role 3600',
    check: sessionProblem,
  },
  tag: {
    type: 'string',
    value: 'KEY=VALUE',
    multiple: true,
    help: 'tag of the role; may stand several times, other tags stay',
    check: (text: string) => {
      const [key, value] = keyAndValue(text);
      return value === undefined ? 'write KEY=VALUE.' : tagProblem(key, value);
    },
  },
} as const satisfies Record<string, Option>;
const dryRun = { type: 'boolean', help: 'show the plan and change nothing' } as const satisfies Option;
/** What a person wants for a profile. */
const wish = {
  cluster,
  region,
  profile,
  owner: {
    type: 'string',
    value: 'USER',
    required: true,
    help: 'its owner, exactly as the identity provider sends it',
    check: ownerProblem,
  },
  bucket: { ...bucket, required: true, help: 'S3 bucket' },
  'create-bucket': {
    type: 'boolean',
    help: "make the bucket in the cluster's region where it is not there: no public access, TLS only, encrypted, objects owned by the account; it is never deleted",
  },
  'bucket-key': {
    type: 'string',
    value: 'KEY',
    help: 'id, ARN or alias of the KMS key that a bucket made with `--create-bucket` is encrypted with',
    otherwise: "keys of S3's own",
    check: keyProblem,
  },
  access: { ...access, default: ACCESS_LEVELS[0].id, help: 'what its pipelines may do with the bucket' },
  'role-name': {
    type: 'string',
    value: 'NAME',
    help: 'IAM role',
    otherwise:
      'the one that the Profile or its service account names, unless it serves others, too; else `<profile>-<cluster>-role`, cut to 64 characters with a hash',
    check: roleNameProblem,
  },
  ...choices,
  'adopt-namespace': {
    type: 'boolean',
    help: "give a namespace that has no annotation `owner` to the profile's owner; without it such a plan is blocked",
  },
  'no-artifacts': {
    type: 'boolean',
    help: 'leave alone where pipelines put their artifacts (ConfigMaps `kfp-launcher` and `artifact-repositories`)',
  },
  'let-controller-write-trust': {
    type: 'boolean',
    help: "leave the trust policy to Kubeflow's profile controller (`annotateOnly: false`)",
    otherwise: 'as an existing Profile has it; else not',
  },
  'manage-trust': {
    type: 'boolean',
    help: 'manage the trust policy here (`annotateOnly: true`), also where the Profile leaves it to the controller',
  },
  'grant-controller': {
    type: 'boolean',
    help: "let the profile controller's own role edit the trust policy of the profile's role (inline policy `kubeflow-irsa-trust`); without it a plan is blocked that leaves the trust policy to a controller that may not write it",
  },
} as const satisfies Record<string, Option>;

/** How AWS alone is reached. */
const reachAws = { 'aws-profile': reach['aws-profile'] };
/** Exit codes of a command that carries out a plan. */
const CARRIED = ['done', 'blocked, failed or not confirmed', 'could not run'] as const;

export const COMMANDS: Commands = {
  plan: command({
    summary: 'what would be created, changed and kept; changes nothing',
    options: { ...wish, ...writes, ...reach },
    exits: ['can be applied', 'blocked', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await provision()).plan(values, context),
  }),
  apply: command({
    summary: 'make it so, then prove it; asks before it changes anything',
    options: {
      ...wish,
      ...writes,
      ...reach,
      yes,
    },
    exits: ['done', 'blocked, failed or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await provision()).apply(values, context),
  }),
  verify: command({
    summary: "prove that a profile's service account can use its bucket, and its neighbour cannot use the role",
    options: {
      cluster,
      region,
      profile,
      bucket: { ...bucket, help: 'S3 bucket', otherwise: "the one that the role's policy names" },
      access: { ...access, help: 'what it may do with the bucket', otherwise: "what the role's policy allows" },
      ...reach,
    },
    exits: ['verified', 'not verified', 'could not run'],
    notRun: (message) => ({ verified: false, reasons: [message] }),
    run: async (values, context) => (await provision()).verify(values, context),
  }),
  runs: command({
    summary: 'the runs that are known: done, unfinished or undone',
    options: { json: reach.json },
    exits: ['listed', 'not used', 'could not run'],
    notRun: () => ({ runs: [] }),
    run: async (values) => (await runs()).runs(values),
  }),
  resume: command({
    summary: 'go on with a run that did not end; asks before it changes anything',
    options: { run, kubeconfig: reach.kubeconfig, json: reach.json, yes },
    exits: ['done', 'failed, undone before, or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await runs()).resume(values, context),
  }),
  undo: command({
    summary: 'take back what a run did; what was there before it stays. Asks before it changes anything',
    options: {
      run,
      'only-aws': { type: 'boolean', help: 'its cluster is gone: take back what it did in AWS' },
      kubeconfig: reach.kubeconfig,
      json: reach.json,
      yes,
    },
    exits: ['undone', 'failed or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await runs()).undo(values, context),
  }),
  edit: command({
    summary: 'change what a profile has: what is not named stays; asks before it changes anything',
    options: {
      cluster,
      region,
      profile,
      owner: { type: 'string', value: 'USER', help: 'another owner: the profile is handed over', check: ownerProblem },
      bucket: { ...bucket, help: 'another S3 bucket; what is stored stays where it is' },
      'create-bucket': wish['create-bucket'],
      'bucket-key': wish['bucket-key'],
      access: { ...access, help: 'what its pipelines may do with the bucket', otherwise: 'as it is' },
      'role-name': {
        type: 'string',
        value: 'NAME',
        help: 'another IAM role; the one before stays',
        check: roleNameProblem,
      },
      ...choices,
      'no-boundary': { type: 'boolean', help: 'take the permissions boundary away' },
      untag: { type: 'string', value: 'KEY', multiple: true, help: 'take a tag away; may stand several times' },
      'keep-reading': {
        type: 'boolean',
        help: 'where the bucket or the prefix changes: the role may go on reading the place before',
      },
      'forget-former': { type: 'boolean', help: 'the role may no longer read a place that was kept readable' },
      'set-artifacts': {
        type: 'boolean',
        help: 'let pipelines put their artifacts into the bucket, also where neither it nor the prefix changes',
      },
      'no-artifacts': wish['no-artifacts'],
      'let-controller-write-trust': wish['let-controller-write-trust'],
      'manage-trust': wish['manage-trust'],
      'grant-controller': wish['grant-controller'],
      ...writes,
      ...reach,
      yes,
      'dry-run': dryRun,
    },
    exits: ['done', 'blocked, failed or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await edit()).edit(values, context),
  }),
  'let-in': command({
    summary: "let another service account use a profile's role, or take it out again; asks before it changes anything",
    options: {
      cluster,
      region,
      profile,
      account: { type: 'string', value: 'NAME', required: true, help: 'service account', check: accountProblem },
      namespace: {
        type: 'string',
        value: 'NAME',
        help: 'where it is',
        otherwise: 'the namespace of the profile',
        check: accountProblem,
      },
      'take-out': { type: 'boolean', help: 'take it out: its annotation, and its subject in the trust policy' },
      ...writes,
      ...reach,
      yes,
      'dry-run': dryRun,
    },
    exits: ['done', 'blocked, failed or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await edit()).letIn(values, context),
  }),
  adopt: command({
    summary: 'take a profile that others made for one of this product: only our tags and our annotation are set',
    options: { cluster, region, profile, ...writes, ...reach, yes },
    exits: CARRIED,
    notRun: () => ({ steps: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "adopt-cli" */ './adopt.ts')).adopt(values, context),
  }),
  'hand-over': command({
    summary: 'give a profile to another owner, wherever its owner is written',
    options: {
      cluster,
      region,
      profile,
      owner: { ...wish.owner, help: 'its new owner, exactly as the identity provider sends it' },
      ...writes,
      ...reach,
      yes,
    },
    exits: CARRIED,
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await people()).handOver(values, context),
  }),
  users: command({
    summary:
      'who can sign in, owns and contributes to which profiles; contributors come and go with --add-user and --remove-user',
    options: {
      cluster,
      region,
      profile: {
        type: 'string',
        value: 'NAME',
        help: 'only people of this profile; whose contributor is added or removed',
        otherwise: 'all',
        check: profileNameProblem,
      },
      'add-user': { type: 'string', value: 'USER', help: 'let this user into the profile', check: ownerProblem },
      role: {
        type: 'string',
        value: 'ROLE',
        choices: CONTRIBUTOR_ROLES,
        default: 'edit',
        help: 'what who is added may do',
      },
      'remove-user': { type: 'string', value: 'USER', help: 'take this contributor out of the profile' },
      ...reach,
      yes,
    },
    exits: ['done', 'something could not be read; blocked, failed or not confirmed', 'could not run'],
    notRun: () => ({ users: [] }),
    run: async (values, context) => (await people()).users(values, context),
  }),
  kubeconfig: command({
    summary: 'put a cluster into the kubeconfig as `aws eks update-kubeconfig` does; all else in the file stays',
    options: {
      cluster,
      region,
      file: {
        type: 'string',
        value: 'FILE',
        help: 'kubeconfig to change',
        otherwise: 'of `KUBECONFIG`, else `~/.kube/config`, the one that kubectl would change',
      },
      alias: {
        type: 'string',
        value: 'NAME',
        help: 'name of the context',
        otherwise: 'the ARN of the cluster',
        check: aliasProblem,
      },
      switch: { type: 'boolean', help: 'make it the current context, which is left alone else' },
      'own-token': { type: 'boolean', help: 'sign in by `kubeflow-irsa token`, so that no `aws` is needed' },
      ...reachAws,
      json: reach.json,
      yes,
    },
    exits: CARRIED,
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await kubeconfigs()).kubeconfig(values, context),
  }),
  token: command({
    summary: 'a token for kubectl, as a kubeconfig made with `--own-token` asks for it: an ExecCredential on stdout',
    options: {
      cluster: { ...cluster, help: 'EKS cluster; a local one on an Outpost by its id' },
      region,
      ...reachAws,
    },
    exits: ['printed', 'not used', 'no token: stderr says why'],
    run: async (values, context) => (await kubeconfigs()).token(values, context),
  }),
  delete: command({
    summary: 'delete a profile, its namespace, and its role where that is its own; frees one that is stuck; asks first',
    options: {
      cluster,
      region,
      profile,
      data: {
        type: 'boolean',
        help: "delete what lies below the profile's prefix in its bucket, too: it does not come back",
      },
      'keep-role': { type: 'boolean', help: 'delete the Profile alone; its IAM role stays as it is' },
      'remove-finalizer': {
        type: 'boolean',
        help: "take the profile controller's finalizer away, where the controller does not run; without it such a plan is blocked",
      },
      ...writes,
      ...reach,
      yes: { type: 'boolean', help: 'delete without asking; needed where there is no terminal' },
    },
    exits: ['deleted', 'blocked, failed or not confirmed', 'could not run'],
    notRun: () => ({ steps: [] }),
    run: async (values, context) => (await leave()).deleteProfile(values, context),
  }),
  leftovers: command({
    summary: 'what is left over of profiles and clusters that are gone; removes what is named',
    options: {
      cluster,
      region,
      remove: {
        type: 'string',
        value: 'ID',
        multiple: true,
        help: 'what is to be removed, by its id in the list; may stand several times; `all`: all of it but data',
      },
      ...reach,
      yes: { type: 'boolean', help: 'remove without asking; needed where there is no terminal' },
    },
    exits: [
      'nothing left over, or removed',
      'something left over, or not removed',
      'could not run, or nothing was found and something could not be read',
    ],
    notRun: () => ({ leftovers: [] }),
    run: async (values, context) => (await leave()).leftovers(values, context),
  }),
  export: command({
    summary: 'write profiles as files of an engine that keeps them from then on; changes nothing in AWS or the cluster',
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        required: true,
        choices: TARGETS.map(({ id }) => id),
        help: 'what the files are for',
      },
      out: {
        type: 'string',
        value: 'FOLDER',
        required: true,
        help: 'where they are written; made where it is not there',
      },
      force: { type: 'boolean', help: 'also into a folder that is not empty: files of the same names are replaced' },
      cluster,
      region,
      profile: {
        type: 'string',
        value: 'NAME',
        multiple: true,
        help: 'Kubeflow profile; may stand several times',
        otherwise: 'all of the cluster',
        check: profileNameProblem,
      },
      owner: {
        type: 'string',
        value: 'USER',
        help: 'with `--bucket`: not what is there is written, but what `plan` would make of one profile with this owner',
        check: ownerProblem,
      },
      bucket: { ...bucket, help: 'with `--owner`: its S3 bucket' },
      access: { ...access, help: 'with `--owner`: what its pipelines may do with the bucket', otherwise: 'prefix' },
      'role-name': { ...wish['role-name'], help: 'with `--owner`: its IAM role' },
      ...choices,
      ...reach,
    },
    exits: ['written', 'not written, or without what is said', 'could not run'],
    notRun: () => ({ files: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "export-cli" */ './export.ts')).exportFiles(values, context),
  }),
  doctor: command({
    summary: 'look for every known failure on live clusters; says what shows it and what to do; changes nothing',
    options: {
      cluster: {
        type: 'string',
        value: 'NAME',
        help: 'EKS cluster',
        otherwise: 'all of the region',
        check: clusterNameProblem,
      },
      region,
      profile: {
        type: 'string',
        value: 'NAME',
        help: 'Kubeflow profile to look at',
        otherwise: 'all',
        check: profileNameProblem,
      },
      format: {
        type: 'string',
        value: 'FORMAT',
        choices: ['text', 'json', 'sarif', 'junit'],
        default: 'text',
        help: 'how the report is written',
      },
      only: {
        type: 'string',
        value: 'NAME',
        multiple: true,
        check: wordsProblem,
        help: `look for these alone: ids such as KP-030, or parts of the list (${CHECK_IDS.join(', ')}); several with commas`,
      },
      skip: {
        type: 'string',
        value: 'NAME',
        multiple: true,
        check: wordsProblem,
        help: 'leave these out: ids or parts of the list',
      },
      with: {
        type: 'string',
        value: 'PATH',
        multiple: true,
        help: 'what if this file, or what is in this folder, were applied: laid over what is live and judged with it; may stand several times',
      },
      settings: {
        type: 'string',
        value: 'FILE',
        help: 'settings file with the findings that were accepted',
        otherwise: '`.kubeflow-irsa.yaml` of this folder or of one above it in the repository',
      },
      'aws-profile': reach['aws-profile'],
      kubeconfig: reach.kubeconfig,
    },
    exits: [
      'nothing worse than information',
      'findings',
      'could not run, or no findings and something could not be judged',
    ],
    notRun: () => ({ clusters: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "doctor-cli" */ './doctor.ts')).doctor(values, context),
  }),
  drift: command({
    summary:
      'where what is live differs from the files that declare it: CloudFormation templates, objects of ACK and Crossplane, Profiles; changes nothing',
    paths: ['PATH', 'files or folders (default: this folder); folders honour `.gitignore`'],
    options: { cluster, region, ...reach },
    exits: ['no drift', 'drift', 'could not run, or not read something that is declared'],
    notRun: () => ({ drift: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "drift-cli" */ './drift.ts')).drift(values, context),
  }),
  inject: command({
    summary:
      'who the pods of a profile are in AWS: what new ones would get (tried, none is made), and what those have that run',
    options: { cluster, region, profile, ...reach },
    exits: ['all pods have the identity that they should', 'one has not', 'could not run, or no pod could be tried'],
    notRun: () => ({ pods: [], running: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "inject-cli" */ './inject.ts')).inject(values, context),
  }),
  explain: command({
    summary: 'what an error of STS, S3, IAM or Kubeflow means, and what to do; asks nobody, but with `--cluster`',
    paths: ['TEXT', 'the error: a line, a log, events of CloudTrail; without it stdin is read'],
    options: {
      cluster: {
        type: 'string',
        value: 'NAME',
        help: 'EKS cluster: what of it is so now, as the doctor sees it',
        otherwise: 'nothing is read',
        check: clusterNameProblem,
      },
      region,
      profile: {
        type: 'string',
        value: 'NAME',
        help: 'with `--cluster`: Kubeflow profile to look at',
        otherwise: 'that of the service account or role that the error names, else all',
        check: profileNameProblem,
      },
      ...reach,
    },
    exits: ['explained', 'nothing in the text is known', 'could not run'],
    notRun: () => ({ explained: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "explain-cli" */ './explain.ts')).explainText(values, context),
  }),
  isolation: command({
    summary: 'who may what: every service account, role, prefix and key of the clusters, and what is not as expected',
    options: {
      cluster: {
        type: 'string',
        value: 'NAME',
        multiple: true,
        help: 'EKS cluster; may stand several times',
        otherwise: 'all of the region',
        check: clusterNameProblem,
      },
      region,
      expect: {
        type: 'string',
        value: 'FILE',
        help: 'who may what, as YAML',
        otherwise: 'each profile only its own',
      },
      try: {
        type: 'boolean',
        help: 'also try each "may", and that neighbours are refused: with tokens, roles and probe objects that are deleted again',
      },
      format: {
        type: 'string',
        value: 'FORMAT',
        choices: ['text', 'json'],
        default: 'text',
        help: 'how the matrix is written',
      },
      ...reachAws,
      kubeconfig: reach.kubeconfig,
    },
    exits: ['as expected', 'something differs, or cannot be judged', 'could not run'],
    notRun: () => ({ differences: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "isolation-cli" */ './isolation.ts')).isolation(values, context),
  }),
  lint: command({
    summary: 'what would fail in Profiles, service accounts, launcher settings and IAM policies; reads files only',
    paths: ['PATH', 'files or folders (default: this folder); folders honour `.gitignore`'],
    options: {
      format: {
        type: 'string',
        value: 'FORMAT',
        choices: ['text', 'json', 'sarif', 'github'],
        default: 'text',
        help: 'how findings are written; `github`: as annotations of GitHub Actions',
      },
      only: {
        type: 'string',
        value: 'IDS',
        multiple: true,
        help: 'look only for these failures: ids of docs/failure-modes.md, such as `KP-006,KP-029`; also those that the settings file turns off; may stand several times',
      },
      except: {
        type: 'string',
        value: 'IDS',
        multiple: true,
        help: 'do not look for these failures; may stand several times',
      },
      fix: {
        type: 'boolean',
        help: 'apply the fixes that have one right answer and neither widen nor take away what is allowed; stderr says which',
      },
      'fix-severity': {
        type: 'string',
        value: 'LEVEL',
        choices: SEVERITIES,
        help: 'the least severe findings that `--fix` mends',
        otherwise: FIX_SEVERITY,
      },
      'max-severity': {
        type: 'string',
        value: 'LEVEL',
        choices: ['none', ...SEVERITIES],
        default: 'none',
        help: 'findings up to this level do not count for the exit code',
      },
      baseline: {
        type: 'string',
        value: 'FILE',
        help: 'findings that are in this file are known: they are not told and do not count, wherever their lines have moved; entries that nothing is found for are named',
      },
      'write-baseline': {
        type: 'boolean',
        help: 'write what is found now into the file of `--baseline`, and tell none of it',
      },
      settings: {
        type: 'string',
        value: 'FILE',
        help: 'settings file',
        otherwise: '`.kubeflow-irsa.yaml` of the folder of a path, or of one above it in the repository',
      },
      var: {
        type: 'string',
        value: 'NAME=VALUE',
        multiple: true,
        check: (text) => (text.indexOf('=') < 1 ? 'write NAME=VALUE.' : undefined),
        help: 'value of a placeholder `${NAME}`, for fixes; may stand several times',
      },
    },
    exits: ['clean', 'findings', 'could not run, or not read a file or folder, such as a named file in another format'],
    notRun: () => ({ findings: [] }),
    run: async (values, context) =>
      (await import(/* webpackChunkName: "lint-cli" */ './lint.ts')).lint(values, context),
  }),
};
