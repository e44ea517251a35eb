/**
 * One tree for many profiles on many clusters, as Argo CD or Flux keep it: a folder for each cluster, what holds for all of them once in
 * `base`, and an ApplicationSet that makes an Application of each folder. Sources: argoproj/argo-cd 3.6 (37ee009),
 * docs/operator-manual/applicationset/Generators-Git.md, docs/user-guide/sync-options.md and sync-waves.md,
 * resource_customizations/_.services.k8s.aws; Flux, "Kustomization"; kustomize, "Components".
 */
import { ACK_NEXT, ackCannot, ackFiles } from './ack.ts';
import { foldersOf, yamlFile } from './objects.ts';
import type { Exporter } from './things.ts';

const WAVE = 'argocd.argoproj.io/sync-wave';

/**
 * What is put on objects of a kind. Waves: IAM takes a role only when its provider is there, and ACK does not try again what IAM calls
 * malformed; a Profile is for a role that is there; the rest waits for the namespace that is made of the Profile.
 */
const MARKS: readonly {
  readonly group: string;
  readonly kind: string;
  readonly annotations: Readonly<Record<string, string>>;
}[] = [
  { group: 'iam.services.k8s.aws', kind: 'OpenIDConnectProvider', annotations: { [WAVE]: '-3' } },
  { group: 's3.services.k8s.aws', kind: 'Bucket', annotations: { [WAVE]: '-3' } },
  { group: 'iam.services.k8s.aws', kind: 'Role', annotations: { [WAVE]: '-2' } },
  { group: 'eks.services.k8s.aws', kind: 'PodIdentityAssociation', annotations: { [WAVE]: '-1' } },
  {
    group: 'kubeflow.org',
    kind: 'Profile',
    annotations: {
      [WAVE]: '0',
      // With a Profile go its namespace and all that people have in it: a file that is deleted is not enough for that.
      'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    },
  },
  { group: '', kind: 'ConfigMap', annotations: { [WAVE]: '1' } },
  { group: 'rbac.authorization.k8s.io', kind: 'RoleBinding', annotations: { [WAVE]: '1' } },
  { group: 'security.istio.io', kind: 'AuthorizationPolicy', annotations: { [WAVE]: '1' } },
];

const BASE = {
  apiVersion: 'kustomize.config.k8s.io/v1alpha1',
  kind: 'Component',
  patches: MARKS.map(({ group, kind, annotations }) => ({
    target: { ...(group === '' ? { version: 'v1' } : { group }), kind },
    patch: [
      'apiVersion: any/v1',
      `kind: ${kind}`,
      'metadata:',
      '  name: any',
      '  annotations:',
      ...Object.entries(annotations).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`),
      '',
    ].join('\n'),
  })),
};

/** Where the tree lies in Git: whoever has it fills it in. */
const REPOSITORY = 'https://git.example.com/platform/kubeflow-profiles.git';

const APPLICATION_SET = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'ApplicationSet',
  metadata: { name: 'kubeflow-profiles', namespace: 'argocd' },
  spec: {
    goTemplate: true,
    goTemplateOptions: ['missingkey=error'],
    generators: [{ git: { repoURL: REPOSITORY, revision: 'HEAD', files: [{ path: 'clusters/*/cluster.yaml' }] } }],
    // A folder that is gone from Git takes no profile along.
    syncPolicy: { preserveResourcesOnDeletion: true },
    template: {
      metadata: { name: 'kubeflow-profiles-{{ .path.basenameNormalized }}' },
      spec: {
        project: 'default',
        source: { repoURL: REPOSITORY, targetRevision: 'HEAD', path: '{{ .path.path }}' },
        destination: { server: '{{ .cluster.server }}' },
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          syncOptions: ['ApplyOutOfSyncOnly=true', 'PruneLast=true'],
          retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '3m' } },
        },
      },
    },
  },
};

export const kustomize: Exporter = (all) => {
  const folders = foldersOf(all);
  return {
    files: [
      yamlFile(
        'applicationset.yaml',
        [APPLICATION_SET],
        ['An Application of Argo CD for each folder below clusters/. Put your repository in both places of repoURL.'],
      ),
      yamlFile(
        'base/kustomization.yaml',
        [BASE],
        ['What holds for all clusters: the order of things, and what is never deleted unasked.'],
      ),
      ...all.flatMap((exported, index) => {
        const { cluster } = exported;
        const folder = `clusters/${folders[index] ?? cluster.name}`;
        return [
          yamlFile(
            `${folder}/cluster.yaml`,
            [
              {
                cluster: {
                  name: cluster.name,
                  region: cluster.region,
                  account: cluster.account,
                  server: cluster.endpoint ?? cluster.arn,
                },
              },
            ],
            ['For the ApplicationSet. "server" is as Argo CD knows the cluster: for the capability of EKS its ARN.'],
          ),
          ...ackFiles(exported, folder, [], { components: ['../../base'] }),
        ];
      }),
    ],
    cannot: all.flatMap(ackCannot),
    next: [
      ...ACK_NEXT,
      'Put the folder into a Git repository, and its address into applicationset.yaml.',
      'kubectl apply -f applicationset.yaml (in the cluster of Argo CD). With Flux: a Kustomization for each folder below clusters/.',
      'To look at it first: kubectl kustomize clusters/NAME',
    ],
  };
};
