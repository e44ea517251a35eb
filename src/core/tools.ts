/** The tools that make and keep roles, providers and objects. Who made a thing is judged in maker.ts. */

/** What we are called as a maker, and what is said of what we took over. */
export const OURS = 'kubeflow-irsa';
export const ADOPTED = 'adopted';

export type ToolId = keyof typeof TOOLS;

/** Tools that make roles, providers and objects; what to do instead of a change here. Ours is among them. */
export const TOOLS = {
  'kubeflow-irsa': { title: 'Kubeflow IRSA', instead: '' },
  eksctl: { title: 'eksctl', instead: 'Change it with eksctl: it owns a CloudFormation stack that would set it back.' },
  cloudformation: { title: 'CloudFormation', instead: 'Change the template of its stack.' },
  terraform: { title: 'Terraform', instead: 'Change it in its Terraform files.' },
  pulumi: { title: 'Pulumi', instead: 'Change it in its Pulumi program.' },
  cdk: { title: 'AWS CDK', instead: 'Change it in its CDK app.' },
  ansible: { title: 'Ansible', instead: 'Change it in its playbook.' },
  ack: { title: 'ACK', instead: 'Change the Role object that the ACK controller for IAM follows.' },
  crossplane: { title: 'Crossplane', instead: 'Change the object that Crossplane follows.' },
  kro: { title: 'kro', instead: 'Change the instance that kro makes it from.' },
  argocd: { title: 'Argo CD', instead: 'Change it in the Git repository of its Application.' },
  flux: { title: 'Flux', instead: 'Change it in the Git repository that Flux follows.' },
  helm: { title: 'Helm', instead: 'Change the values of its release.' },
  controller: { title: "Kubeflow's profile controller", instead: 'Change the Profile.' },
} as const;

/** Tools that can be named: all but ours and Kubeflow's own controller, which nobody has to ask. */
export type ManagingTool = Exclude<ToolId, 'kubeflow-irsa' | 'controller'>;
export const MANAGING_TOOLS = (Object.keys(TOOLS) as ToolId[]).filter(
  (tool): tool is ManagingTool => tool !== 'kubeflow-irsa' && tool !== 'controller',
);

/**
 * - `tool`: made by it, and `evidence` says how that is known;
 * - `unknown`: nothing names a tool: by hand, or by one that leaves no mark;
 * - `unclear`: something points to a tool and does not prove it, or what would tell was not read. `tool`: the one it points to.
 */
export type Maker =
  | { readonly answer: 'tool'; readonly tool: ToolId; readonly evidence: string; readonly detail?: string }
  | { readonly answer: 'unknown' }
  | { readonly answer: 'unclear'; readonly tool?: ToolId; readonly evidence: string };

/** A person agrees that a plan writes where this tool does. */
export type WriteManaged = `writeManaged:${ManagingTool}`;
export const writeManaged = (tool: ManagingTool): WriteManaged => `writeManaged:${tool}`;
