/** Where Argo puts artifacts and logs, and who shows them, in a cluster. */
import { get, type DocNode } from '../../document/node.ts';
import { parse } from '../../document/parse.ts';
import type { ConfigMap } from '../../observation.ts';
import { ROLE_ANNOTATION } from '../../profile/names.ts';
import { DEFAULT_REPOSITORY, PIPELINES } from '../../profile/pipelines.ts';
import { absent, valueOf } from '../../reading.ts';
import { objectIn, problem, type Problem, shownBy } from '../problem.ts';
import { pipelinesPlace } from '../uses.ts';
import type { ProfileView } from '../view.ts';
import { checkS3 } from './repository.ts';

/** The repository that counts for a namespace: its own, else that of the cluster. `undefined`: not known, or there is none. */
interface Repository {
  readonly root: DocNode | undefined;
  readonly error?: string;
  readonly configMap: ConfigMap;
  readonly key: string;
  readonly text: string;
  readonly own: boolean;
}

function repositoryOf({ repositories = absent, workflowController = absent }: ProfileView): Repository | undefined {
  const own = valueOf(repositories);
  if (own !== undefined) {
    const keys = Object.keys(own.data);
    const key = own.annotations?.[DEFAULT_REPOSITORY] ?? (keys.length === 1 ? keys[0] : undefined);
    const text = key === undefined ? undefined : own.data[key];
    return key === undefined || text === undefined ? undefined : read(own, key, text, true);
  }
  const ofCluster = valueOf(workflowController);
  if (repositories.state !== 'absent' || ofCluster === undefined) return undefined;
  const { artifactRepository, config } = ofCluster.data;
  if (artifactRepository !== undefined) return read(ofCluster, 'artifactRepository', artifactRepository, false);
  if (config === undefined) return undefined;
  const its = read(ofCluster, 'config', config, false);
  return { ...its, root: get(its.root, 'artifactRepository') };
}

function read(configMap: ConfigMap, key: string, text: string, own: boolean): Repository {
  const { documents, errors } = parse(text, 'yaml');
  const error = errors[0]?.message;
  return { root: documents[0]?.root, configMap, key, text, own, ...(error === undefined ? {} : { error }) };
}

/** KP-058: pipelines write to S3, and Argo does not, or not by the role. Where pipelines write elsewhere, that is said already (KP-055). */
export function liveRepository(view: ProfileView): readonly Problem[] {
  const repository = pipelinesPlace(view)?.state === 's3' ? repositoryOf(view) : undefined;
  if (repository === undefined) return [];
  const { root, error, configMap, key, text, own } = repository;
  const where = objectIn(view.cluster, 'ConfigMap', configMap.name, configMap.namespace);
  const said = (message: string): Problem => ({
    ...shownBy(problem('KP-058', message, own ? 'repair' : undefined), { what: key, where, value: text }),
    remark: true,
  });
  if (error !== undefined)
    return [
      {
        ...said(`${key} of ConfigMap ${configMap.name} is not YAML, and Argo cannot read it: ${error}`),
        severity: 'error',
      },
    ];
  return checkS3(get(root, 's3')).flatMap(({ id, message }) => (id === 'KP-058' ? [said(message)] : []));
}

/** Who reads in the bucket for the user interface, and for the API. */
const SERVERS = ['ml-pipeline', 'ml-pipeline-ui'] as const;

/** KP-060: pipelines write to S3, and the servers that show what they wrote have no role. */
export function liveServers(view: ProfileView): readonly Problem[] {
  const { cluster, servers = absent, associations = absent } = view;
  const accounts = valueOf(servers);
  const place = pipelinesPlace(view);
  if (accounts === undefined || place?.state !== 's3' || place.credentials !== 'env') return [];
  const { namespace } = PIPELINES;
  const lacking = SERVERS.filter((server) => {
    const account = accounts.find(({ name }) => name === server);
    // Another way to an identity may be there that is not seen: then nothing is said.
    if (account === undefined || associations.state !== 'found') return false;
    const isIts = (one: { readonly namespace: string; readonly serviceAccount: string }): boolean =>
      one.namespace === namespace && one.serviceAccount === server;
    return (account.annotations[ROLE_ANNOTATION] ?? '') === '' && !associations.value.some(isIts);
  });
  if (lacking.length === 0) return [];
  const which = lacking.join(' and ');
  const message = `Service account${lacking.length > 1 ? 's' : ''} ${which} of namespace ${namespace} ${lacking.length > 1 ? 'have' : 'has'} no role: Kubeflow Pipelines may not read what profiles write to S3, and its user interface shows none of it.`;
  const evidence = lacking.map((server) => ({
    what: `annotation ${ROLE_ANNOTATION}`,
    where: objectIn(cluster, 'ServiceAccount', server, namespace),
    value: 'not there',
  }));
  return [{ ...shownBy(problem('KP-060', message), ...evidence), remark: true }];
}
