/**
 * Who made a thing, and would make it again or take a change back: judged from what the thing says of itself. A role says little:
 * CloudFormation puts none of its tags on IAM roles (aws-cloudformation/cloudformation-coverage-roadmap #277), Terraform none at
 * all, and people copy eksctl's tags into Terraform files. So there are three answers, and "nobody known" is not "nobody".
 */
import { phrase, type Phrase } from './phrase.ts';
import { record } from './records.ts';
import type { BareRole, OidcProvider, Profile } from './observation.ts';
import { spoken } from './text.ts';
import { TAG } from './tags.ts';
import { MANAGING_TOOLS, OURS, TOOLS, type Maker, type ToolId } from './tools.ts';

type Texts = Readonly<Record<string, string>>;

/** What a thing says of itself. What is absent it does not have; a thing none of which was read is not judged. */
export interface Marks {
  readonly name: string;
  /** Tags of an AWS resource. */
  readonly tags?: Texts;
  readonly labels?: Texts;
  readonly annotations?: Texts;
  /** `metadata.ownerReferences`. */
  readonly owners?: readonly { readonly apiVersion?: string; readonly kind?: string; readonly name?: string }[];
  /** `manager` of `metadata.managedFields`, without those of `status`. */
  readonly managers?: readonly string[];
}

/** A mark of a tool. `value`: what the text must be like; a group `detail` of it is told. */
interface Mark {
  readonly in: 'tags' | 'labels' | 'annotations';
  readonly key: RegExp;
  readonly value?: RegExp;
  readonly tool: ToolId;
  /** Nobody else writes it. Else it only points to the tool. */
  readonly certain?: true;
}

const ANY = /^(?<detail>.+)$/s;
/** A tag that people use to name a tool. */
const SAYS =
  /^(?:managed|maintained|provisioned|created|deployed|made|owned)[-_ .:/]?by$|^(?:provisioner|iac|iac[-_ ]?tool|orchestrator|tool|source)$/i;
const tagged = (value: RegExp, tool: ToolId): Mark => ({ in: 'tags', key: SAYS, value, tool });

/** The first that fits counts, those that are certain before the others. */
const MARKS: readonly Mark[] = [
  // aws-controllers-k8s/runtime pkg/config/config.go, defaultResourceTags; EKS User Guide, "ACK considerations for EKS".
  { in: 'tags', key: /^services\.k8s\.aws\//, tool: 'ack', certain: true },
  { in: 'tags', key: /^eks:(?:eks-capability-arn|kubernetes-api-group)$/, tool: 'ack', certain: true },
  // crossplane-runtime pkg/resource/resource.go, GetExternalTags; upjet writes the same.
  { in: 'tags', key: /^crossplane-name$/, value: ANY, tool: 'crossplane', certain: true },
  { in: 'tags', key: /^crossplane-(?:kind|providerconfig)$/, tool: 'crossplane', certain: true },
  // Reserved: only AWS can write them. IAM roles do not get them as a rule.
  { in: 'tags', key: /^aws:cloudformation:stack-name$/, value: ANY, tool: 'cloudformation', certain: true },
  { in: 'tags', key: /^aws:cloudformation:/, tool: 'cloudformation', certain: true },
  // What people and modules write, and copy.
  { in: 'tags', key: /^(?:terraform|opentofu)$/i, value: /^(?!(?:false|no|0)$)/i, tool: 'terraform' },
  { in: 'tags', key: /^(?:terraform|opentofu|tf)[-_:./]/i, tool: 'terraform' },
  { in: 'tags', key: /^pulumi[-_:./]/i, tool: 'pulumi' },
  { in: 'tags', key: /^aws-cdk:/, tool: 'cdk' },
  tagged(/terraform|terragrunt|opentofu/i, 'terraform'),
  tagged(/pulumi/i, 'pulumi'),
  tagged(/\bcdk\b/i, 'cdk'),
  tagged(/cloudformation|\bcfn\b/i, 'cloudformation'),
  tagged(/eksctl/i, 'eksctl'),
  tagged(/crossplane/i, 'crossplane'),
  tagged(/ansible/i, 'ansible'),
  tagged(/\back\b/i, 'ack'),

  // kubernetes-sigs/kro pkg/metadata/labels.go; the keys with "internal." since 0.9.
  { in: 'labels', key: /^(?:internal\.)?kro\.run\/instance-name$/, value: ANY, tool: 'kro', certain: true },
  { in: 'labels', key: /^(?:internal\.)?kro\.run\/owned$/, value: /^true$/, tool: 'kro', certain: true },
  { in: 'labels', key: /^argocd\.argoproj\.io\/instance$/, value: ANY, tool: 'argocd', certain: true },
  {
    in: 'labels',
    key: /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/,
    value: ANY,
    tool: 'flux',
    certain: true,
  },
  { in: 'labels', key: /^crossplane\.io\/composite$/, value: ANY, tool: 'crossplane', certain: true },
  { in: 'annotations', key: /^meta\.helm\.sh\/release-name$/, value: ANY, tool: 'helm', certain: true },
  { in: 'annotations', key: /^pulumi\.com\//, tool: 'pulumi' },
  // Charts write it into their own templates (Helm documentation, "Labels and Annotations"), and `helm template | kubectl apply` leaves it.
  { in: 'labels', key: /^helm\.sh\/chart$/, tool: 'helm' },
  { in: 'labels', key: /^app\.kubernetes\.io\/managed-by$/, value: /^eksctl$/i, tool: 'eksctl', certain: true },
  { in: 'labels', key: /^app\.kubernetes\.io\/managed-by$/, value: /^Helm$/i, tool: 'helm' },
  { in: 'labels', key: /^app\.kubernetes\.io\/managed-by$/, value: /terraform/i, tool: 'terraform' },
  { in: 'labels', key: /^app\.kubernetes\.io\/managed-by$/, value: /pulumi/i, tool: 'pulumi' },
];

/** Names under which tools write to the Kubernetes API. Others, such as kubectl's, ours and those of Kubeflow's controllers, tell of no tool. */
const MANAGERS: readonly (readonly [RegExp, ToolId])[] = [
  // argoproj/argo-cd common/common.go, ArgoCDSSAManager; before it the name of the binary.
  [/^argocd-(?:application-)?controller$/, 'argocd'],
  // fluxcd/kustomize-controller main.go and fluxcd/helm-controller main.go, controllerName.
  [/^(?:kustomize|helm)-controller$/, 'flux'],
  [/^kro\b/, 'kro'],
  // terraform-provider-kubernetes: manifests are applied as "Terraform", the rest is written as the user agent's "HashiCorp".
  [/^(?:Terraform|HashiCorp)$/, 'terraform'],
  [/^pulumi-kubernetes\b/, 'pulumi'],
  [/^(?:crossplane|apiextensions\.crossplane\.io|provider-kubernetes)\b/, 'crossplane'],
  [/^eksctl$/, 'eksctl'],
  [/^helm$/, 'helm'],
];

const anyOf = (patterns: readonly RegExp[]): RegExp => new RegExp(patterns.map(({ source }) => source).join('|'), 'i');
const ANY_MARK = anyOf([
  /^argocd\.argoproj\.io\//,
  /^kubeflow-irsa\/managed-by$/,
  ...MARKS.flatMap((mark) => (mark.in === 'tags' ? [] : [mark.key])),
]);
const ANY_MANAGER = anyOf(MANAGERS.map(([name]) => name));

/** Groups of controllers that own objects. */
const OWNERS: readonly (readonly [RegExp, ToolId])[] = [
  [/^(?:[^/]+\.)?kro\.run\//, 'kro'],
  [/^(?:[^/]+\.)?crossplane\.io\/|^(?:[^/]+\.)?upbound\.io\//, 'crossplane'],
  [/^[^/]+\.services\.k8s\.aws\//, 'ack'],
  [/^argoproj\.io\//, 'argocd'],
  [/^(?:[^/]+\.)?toolkit\.fluxcd\.io\//, 'flux'],
  [/^kubeflow\.org\//, 'controller'],
];

/** `<stack>-<logical id>-<random>`, as CloudFormation names what has no name in its template. */
const STACK_NAME = /^(?<stack>.+)-(?<logical>[A-Za-z0-9]+)-(?=[A-Za-z]*\d)(?=[a-z\d]*[A-Z])[A-Za-z0-9]{12,13}$/;
/** Ends as Terraform's `name_prefix` does: eighteen digits of a time, eight of a counter (terraform-plugin-sdk, id.PrefixedUniqueId). */
const TERRAFORM_NAME = /\d{18}[0-9a-f]{8}$/;
// eksctl-io/eksctl pkg/apis/eksctl.io/v1alpha5/types.go: ClusterNameTag, OldClusterNameTag, IAMServiceAccountNameTag, EksctlVersionLabel.
const EKSCTL_TAG =
  /^(?:alpha\.eksctl\.io\/(?:iamserviceaccount-name|podidentityassociation-name|eksctl-version|cluster-name)|eksctl\.cluster\.k8s\.io\/v1alpha1\/cluster-name)$/;

/** Who made a thing. */
export function makerOf(marks: Marks): Maker {
  const { tags, labels, annotations, owners, managers } = marks;
  if (tags === undefined && labels === undefined && annotations === undefined && owners === undefined)
    return { answer: 'unclear', evidence: 'its tags were not read' };
  return (
    certainly(marks) ??
    owned(owners ?? []) ??
    written(managers ?? []) ??
    ours({ ...tags, ...annotations }) ??
    byEksctl(marks) ??
    pointed(marks) ??
    managedByOther(labels ?? {}) ?? { answer: 'unknown' }
  );
}

/** The text of a mark, for people. */
const saying = (where: Mark['in'], key: string, value: string): string =>
  spoken(`${{ tags: 'tag', labels: 'label', annotations: 'annotation' }[where]} ${key} = "${value}"`);

function marked(
  marks: Marks,
  certain: boolean,
): { mark: Mark; key: string; value: string; detail?: string } | undefined {
  for (const mark of MARKS) {
    if ((mark.certain === true) !== certain) continue;
    for (const [key, value] of Object.entries(marks[mark.in] ?? {})) {
      const fits = mark.key.test(key) ? (mark.value ?? /^/).exec(value) : null;
      const detail = fits?.groups?.['detail'];
      if (fits !== null) return { mark, key, value, ...(detail === undefined ? {} : { detail: spoken(detail) }) };
    }
  }
  return undefined;
}

function certainly(marks: Marks): Maker | undefined {
  const where = marks.tags === undefined ? 'annotations' : 'tags';
  const keeper = marks[where]?.[TAG.keeper];
  const handed = MANAGING_TOOLS.find((tool) => tool === keeper);
  if (handed !== undefined) return { answer: 'tool', tool: handed, evidence: saying(where, TAG.keeper, handed) };
  // Argo CD writes for which object it is, so that a copy of it on another object says nothing.
  const tracking = marks.annotations?.['argocd.argoproj.io/tracking-id'];
  if (tracking?.endsWith(`/${marks.name}`) === true)
    return {
      answer: 'tool',
      tool: 'argocd',
      evidence: saying('annotations', 'argocd.argoproj.io/tracking-id', tracking),
      detail: spoken(tracking.split(':')[0] ?? ''),
    };
  const found = marked(marks, true);
  if (found === undefined) return undefined;
  const { mark, key, value, detail } = found;
  const evidence = saying(mark.in, key, value);
  return { answer: 'tool', tool: mark.tool, evidence, ...(detail === undefined ? {} : { detail }) };
}

function owned(owners: NonNullable<Marks['owners']>): Maker | undefined {
  for (const { apiVersion = '', kind = '', name = '' } of owners) {
    const tool = OWNERS.find(([group]) => group.test(apiVersion))?.[1];
    const evidence = spoken(`owned by ${kind} ${name} (${apiVersion})`);
    if (tool !== undefined) return { answer: 'tool', tool, evidence };
    return { answer: 'unclear', evidence };
  }
  return undefined;
}

function written(managers: readonly string[]): Maker | undefined {
  for (const [name, tool] of MANAGERS) {
    const manager = managers.find((one) => name.test(one));
    if (manager !== undefined) return { answer: 'tool', tool, evidence: spoken(`written by "${manager}"`) };
  }
  return undefined;
}

function ours(texts: Texts): Maker | undefined {
  const maker = texts[TAG.maker];
  return maker === undefined
    ? undefined
    : { answer: 'tool', tool: OURS, evidence: spoken(`${TAG.maker} = "${maker}"`) };
}

/** By eksctl for sure where the name is one of its stacks' as well: its tags alone are copied into files of other tools. */
function byEksctl({ name, tags = {} }: Marks): Maker | undefined {
  const tag = Object.entries(tags).find(([key]) => EKSCTL_TAG.test(key));
  if (tag === undefined) return undefined;
  const evidence = saying('tags', ...tag);
  const stack = STACK_NAME.exec(name)?.groups?.['stack'];
  if (/^eksctl-/.test(name) || /:oidc-provider\//.test(name))
    return { answer: 'tool', tool: 'eksctl', evidence, ...(stack === undefined ? {} : { detail: `stack ${stack}` }) };
  return {
    answer: 'unclear',
    tool: 'eksctl',
    evidence: `${evidence}, under a name that its stacks do not give: other tools copy such tags`,
  };
}

function pointed(marks: Marks): Maker | undefined {
  const found = marked(marks, false);
  if (found !== undefined)
    return { answer: 'unclear', tool: found.mark.tool, evidence: saying(found.mark.in, found.key, found.value) };
  const stack = marks.tags === undefined ? undefined : STACK_NAME.exec(marks.name)?.groups?.['stack'];
  if (stack !== undefined)
    return { answer: 'unclear', tool: 'cloudformation', evidence: `a name as stack ${stack} would give it` };
  if (marks.tags !== undefined && TERRAFORM_NAME.test(marks.name))
    return { answer: 'unclear', tool: 'terraform', evidence: 'a name as Terraform makes it of a prefix' };
  return undefined;
}

/** A manager that is not known is one all the same. */
function managedByOther(labels: Texts): Maker | undefined {
  const manager = labels['app.kubernetes.io/managed-by'];
  return manager === undefined
    ? undefined
    : { answer: 'unclear', evidence: saying('labels', 'app.kubernetes.io/managed-by', manager) };
}

export const makerOfRole = ({ name, tags }: Pick<BareRole, 'name' | 'tags'>): Maker => makerOf({ name, tags });

export const makerOfProvider = ({ arn, tags }: Pick<OidcProvider, 'arn' | 'tags'>): Maker =>
  makerOf({ name: arn, ...(tags === undefined ? {} : { tags }) });

const listed = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map(record) : [];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What the metadata of any Kubernetes object says. */
export function marksOf(metadata: object): Marks {
  const { name, labels, annotations, ownerReferences, managedFields } = record(metadata);
  const texts = (value: unknown): Texts =>
    Object.fromEntries(Object.entries(record(value)).map(([key, one]) => [key, text(one)]));
  return {
    name: text(name),
    labels: texts(labels),
    annotations: texts(annotations),
    owners: listed(ownerReferences).map(({ apiVersion, kind, name: of }) => ({
      apiVersion: text(apiVersion),
      kind: text(kind),
      name: text(of),
    })),
    managers: listed(managedFields).flatMap(({ manager, subresource }) =>
      typeof manager === 'string' && subresource !== 'status' ? [manager] : [],
    ),
  };
}

/** `maker`: what a list of Profiles kept of it, which keeps no marks. */
export const makerOfProfile = ({ metadata, maker }: Pick<Profile, 'metadata'> & { readonly maker?: Maker }): Maker =>
  maker ?? makerOf(marksOf(metadata));

/** What is kept of an object's marks where they are not kept themselves: another tool than Kubeflow's own and ours, if one is named. */
export function otherMakerOf(metadata: object): Maker | undefined {
  // Thousands of objects pass here, and most bear no mark.
  const { labels, annotations, ownerReferences, managedFields } = record(metadata);
  const keys = [...Object.keys(record(labels)), ...Object.keys(record(annotations))];
  const isMarked =
    listed(ownerReferences).length > 0 ||
    keys.some((key) => ANY_MARK.test(key)) ||
    listed(managedFields).some(({ manager }) => ANY_MANAGER.test(text(manager)));
  if (!isMarked) return undefined;
  const maker = makerOf(marksOf(metadata));
  if (maker.answer === 'unclear') return maker.tool === undefined ? undefined : maker;
  return manages(maker) ? maker : undefined;
}

/** Whether a change here would be taken back, or what is deleted made again. */
export const keeps = (maker: Maker): boolean => maker.answer === 'tool' && maker.tool !== OURS;

/**
 * Whether a tool surely writes it again as it has it. What Kubeflow's controller owns is no such thing: it is changed by way of the Profile,
 * or beside what the controller writes.
 */
export const manages = (maker: Maker): maker is Maker & { readonly answer: 'tool' } =>
  maker.answer === 'tool' && maker.tool !== OURS && maker.tool !== 'controller';

/** Who manages a thing, for a row: "by Terraform"; undefined: nobody else is known. */
export function byMaker(maker: Maker): Phrase | undefined {
  if (maker.answer === 'unclear')
    return maker.tool === undefined ? undefined : phrase('perhaps by {0}', TOOLS[maker.tool].title);
  return manages(maker) ? phrase('by {0}', TOOLS[maker.tool].title) : undefined;
}

/** The same with how that is known and what follows, for a tooltip. */
export function managedWords(maker: Maker): Phrase | undefined {
  if (maker.answer === 'unclear')
    return maker.tool === undefined
      ? undefined
      : phrase('Perhaps managed by {0}: {1}', TOOLS[maker.tool].title, maker.evidence);
  if (!manages(maker)) return undefined;
  return phrase('Managed by {0}: {1}. A change here is refused unless you name it.', nameOf(maker), maker.evidence);
}

/** A tool with what of it is meant: "CloudFormation (stack x)". */
export const nameOf = ({ tool, detail }: { readonly tool: ToolId; readonly detail?: string }): string =>
  detail === undefined ? TOOLS[tool].title : `${TOOLS[tool].title} (${detail})`;

/** A few words on another maker: "made by eksctl (stack …)"; undefined: nobody else is known. */
export function otherMaker(maker: Maker): Phrase | undefined {
  switch (maker.answer) {
    case 'unknown':
      return undefined;
    case 'tool':
      if (maker.tool === OURS) return undefined;
      return maker.detail === undefined
        ? phrase('made by {0}', TOOLS[maker.tool].title)
        : phrase('made by {0} ({1})', TOOLS[maker.tool].title, maker.detail);
    case 'unclear':
      return maker.tool === undefined ? undefined : phrase('perhaps made by {0}', TOOLS[maker.tool].title);
  }
}

/** Why a thing is left to its maker, and what to do instead; undefined: nobody would take a change back, as far as is known. */
export function keptBy(maker: Maker, title: string): string | undefined {
  if (maker.answer !== 'tool' || maker.tool === OURS) return undefined;
  const { title: tool, instead } = TOOLS[maker.tool];
  return `${title} belongs to ${tool} (${maker.evidence}), which would take a change back. ${instead}`;
}
