/** The one way from what is handed over to files: all that can be wrong is found before a file is written. */
import { roleNameProblem } from '../core/arn/names.ts';
import { KINDS, refText, titleOf } from '../core/kinds.ts';
import { makerOf, nameOf } from '../core/maker.ts';
import { accountArn } from '../core/plan/plan.ts';
import { TAG } from '../core/tags.ts';
import { spoken, withoutSecrets } from '../core/text.ts';
import type { ManagingTool, ToolId } from '../core/tools.ts';
import type { Target } from './targets.ts';
import { ofKind, type Exported, type Output, type OutputFile, type Thing } from './things.ts';

/** What keeps an export from being written, a sentence each; empty: nothing. */
export type Refusals = readonly string[];

/** Names of roles that IAM does not take, or does not tell apart: it knows no upper and lower case (IAM User Guide, "IAM names"). */
function nameProblems(all: readonly Exported[]): Refusals {
  const roles = all.flatMap(({ cluster, things }) =>
    ofKind(things, 'iam/role').map((thing) => ({
      cluster,
      thing,
      id: `${accountArn(cluster)} ${thing.ref.key.toLowerCase()}`,
    })),
  );
  const first = new Map<string, (typeof roles)[number]>();
  return roles.flatMap((role): Refusals => {
    const { name } = role.thing.value;
    const wrong = roleNameProblem(name);
    if (wrong !== undefined) return [`Role "${name}": ${wrong}`];
    const other = first.get(role.id);
    if (other === undefined) {
      first.set(role.id, role);
      return [];
    }
    const isSame = name === other.thing.value.name && KINDS['iam/role'].same(other.thing.value, role.thing.value);
    const where = ({ cluster }: typeof role): string => `${cluster.name} (${cluster.region})`;
    return isSame
      ? []
      : [
          `Role "${name}" of ${where(role)} and role "${other.thing.value.name}" of ${where(other)} have one name to IAM: it has at most 64 characters of a name and does not tell upper from lower case. Choose another name for one of them.`,
        ];
  });
}

/** Things of which two clusters say different things. */
function contradictions(all: readonly Exported[]): Refusals {
  const known = new Map<string, Thing>();
  return all.flatMap(({ things }) =>
    things.flatMap((thing): Refusals => {
      const key = refText(thing.ref);
      const other = known.get(key);
      known.set(key, thing);
      return other === undefined ||
        thing.ref.kind === 'iam/role' ||
        JSON.stringify(other.value) === JSON.stringify(thing.value)
        ? []
        : [
            `${KINDS[thing.ref.kind].title(thing.ref.key)} is to be two different things. Export the clusters one by one.`,
          ];
    }),
  );
}

/** A part of a path that is no name of a file on Windows, macOS or Linux, or leads out of the folder. */
const BAD_PART = /^(?:|\.|\.\.|.*[\\/:*?"<>|\p{Cc}].*|.*[. ]|(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?)$/iu;

/** Paths that lead out of the folder or that two files share, and text that no file of ours may hold. */
export function fileProblems(files: readonly OutputFile[]): Refusals {
  const taken = new Set<string>();
  const folders = new Set(
    files.flatMap(({ path }) => {
      const parts = path.toLowerCase().split('/');
      return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
    }),
  );
  return files.flatMap(({ path, text }): Refusals => {
    if (path.split('/').some((part) => BAD_PART.test(part))) return [`"${path}" is no path inside the folder.`];
    const key = path.toLowerCase();
    if (taken.has(key) || folders.has(key)) return [`"${path}" would be two files.`];
    taken.add(key);
    return withoutSecrets(text) === text
      ? []
      : [`"${path}" would hold what looks like a credential. Take it out of the cluster's settings first.`];
  });
}

/** The same with the engine's name on each role and provider: few engines leave a mark of their own there. */
const keptBy = (exported: Exported, keeper: ManagingTool): Exported => ({
  ...exported,
  things: exported.things.map((thing): Thing => {
    if (thing.ref.kind !== 'iam/role' && thing.ref.kind !== 'iam/provider') return thing;
    const its = thing as Thing<'iam/role' | 'iam/provider'>;
    const value = { ...its.value, tags: { ...its.value.tags, [TAG.keeper]: keeper } };
    return { ...its, value, ...(its.there ? { was: its.was ?? its.value } : {}) } as Thing;
  }),
});

/** How a tool lets a thing go that stays. Sources: CloudFormation User Guide, DeletionPolicy attribute; documentation of each tool. */
const STACK =
  "set DeletionPolicy: Retain on it in its stack's template, update the stack, then take it out of the template or delete the stack";
const RELEASE: Readonly<Partial<Record<ToolId, string>>> = {
  eksctl: `${STACK}; eksctl delete iamserviceaccount would delete the role`,
  cloudformation: STACK,
  cdk: 'give it RemovalPolicy.RETAIN, deploy, then take it out of the app',
  terraform: 'terraform state rm, and take it out of its files',
  pulumi: 'pulumi state delete, and take it out of its program',
  ack: 'annotate its object with services.k8s.aws/deletion-policy: retain, then delete the object',
  crossplane: 'take Delete out of the managementPolicies of its object, then delete the object',
};

/** Who else keeps what is handed over: two tools that write the same thing undo each other, and one of them may delete it. */
const releases = (all: readonly Exported[], { id, keeper }: Target): readonly string[] =>
  all
    .flatMap(({ things }) => ofKind(things, 'iam/role', 'iam/provider'))
    .flatMap(({ ref, value, was, there }) => {
      const tags = (was ?? value).tags;
      if (!there || tags === undefined) return [];
      const maker = makerOf({ name: ref.key, tags });
      const tool = maker.answer === 'unknown' ? undefined : maker.tool;
      const way = tool === undefined ? undefined : RELEASE[tool];
      const isItself = tool === keeper || tool === id || (tool === 'ack' && (id === 'kustomize' || id === 'kro'));
      if (maker.answer === 'unknown' || tool === undefined || way === undefined || isItself) return [];
      const surely = maker.answer === 'tool' ? '' : 'perhaps ';
      const name = nameOf({ ...maker, tool });
      return `${titleOf(ref)} is ${surely}managed by ${name} (${maker.evidence}). Let it go there first, so that it stays: ${way}.`;
    });

/** The files of a target, or why there are none. */
export async function prepare(
  target: Target,
  all: readonly Exported[],
): Promise<{ readonly output: Output } | { readonly refused: Refusals }> {
  const { load, keeper } = target;
  const before = [...nameProblems(all), ...contradictions(all)];
  if (before.length > 0) return { refused: before.map(spoken) };
  const output = (await load())(keeper === undefined ? all : all.map((one) => keptBy(one, keeper)));
  const refused = fileProblems(output.files);
  if (refused.length > 0) return { refused: refused.map(spoken) };
  const first = target.withoutRoles === true ? [] : releases(all, target);
  const next = [...first.map(spoken), ...output.next];
  return { output: { ...output, cannot: output.cannot.map(spoken), next } };
}
