/** What surrounds a profile: who reads, where the kubeconfig leads, and the way out of the cluster. */
import { find, textOf } from '../document/node.ts';
import { parse } from '../document/parse.ts';
import { absent, found, valueOf } from '../reading.ts';
import { modes } from './mode.ts';
import { liveEndpoints } from './permissions/endpoints.ts';
import { stsOf } from './permissions/organization.ts';
import { objectIn, problem, type Problem, shownBy } from './problem.ts';
import { type Example, policy, right, ROLE } from './samples.ts';
import { type ProfileView, quoted } from './view.ts';

export const surroundingsModes = modes({
  'KP-061': {
    title: 'STS or S3 not reachable from pods',
    severity: 'error',
    symptom: 'Timeouts at sts.<region>.amazonaws.com; or AccessDenied "because no VPC endpoint policy allows" it.',
    cause:
      'A private cluster without an endpoint, a network policy or a sidecar that blocks, or a region that is switched off. Or the policy of the VPC endpoint of STS or S3, through which pods go, does not let through the role or the bucket.',
    fix: 'Add the VPC endpoint of STS, enable the region, or allow the way out: in the network policy to port 443, in Istio by a ServiceEntry, in the policy of the endpoint the role and the bucket.',
    sources: [
      'EKS User Guide, private clusters',
      'AWS PrivateLink Guide, endpoint policies',
      'Kubernetes documentation, network policies',
      'Istio documentation, accessing external services',
    ],
    reads: ['networkPolicies', 'mesh', 'serviceEntries', 'endpoints', 'role'],
    live: [liveWayOut],
  },
  'KP-063': {
    title: 'Kubeconfig points to another cluster',
    severity: 'error',
    scope: 'cluster',
    symptom: 'Everything is created and nothing works.',
    cause: 'The trust policy was made for one cluster, the Profile applied to another.',
    fix: 'Switch the context, and apply again.',
    sources: ['AWS CLI, eks update-kubeconfig'],
    reads: ['api'],
    live: [liveContexts],
  },
  'KP-064': {
    title: 'AWS credentials of another account',
    severity: 'error',
    scope: 'cluster',
    symptom: 'Role and provider are in an account that the cluster is not in.',
    cause: 'AWS_PROFILE names another account than that of the cluster.',
    fix: 'Switch the AWS profile.',
    sources: ['STS API Reference, GetCallerIdentity'],
    reads: ['caller'],
    live: [liveCaller],
  },
});

/** Port of TLS. */
const TLS = 443;
const isTls = (port: number | string): boolean => port === TLS || port === 'https';

/** KP-061: network policies that let no pod out, an Istio that knows no STS, and VPC endpoints that let not through what is needed. */
function liveWayOut(view: ProfileView): readonly Problem[] {
  return [...liveNetworkPolicies(view), ...liveMesh(view), ...liveEndpoints(view)];
}

/** Rules add up: one that lets out, of a policy for whichever pods, is enough for "not surely". */
function liveNetworkPolicies({ cluster, networkPolicies = absent, profile }: ProfileView): readonly Problem[] {
  const limiting = (valueOf(networkPolicies) ?? []).filter(({ egress }) => egress !== undefined);
  const forAll = limiting.filter(({ everyPod }) => everyPod);
  const lets = limiting.some(({ egress = [] }) =>
    egress.some(({ outside, ports }) => outside && (ports === undefined || ports.some(isTls))),
  );
  if (forAll.length === 0 || lets) return [];
  const names = forAll.map(({ name }) => quoted(name)).join(', ');
  const message = `No pod of ${profile.metadata.name} gets out of the cluster to ${stsOf(cluster)}, port ${TLS} (NetworkPolicy ${names}), so that none gets credentials.`;
  const evidence = limiting.map(({ namespace, name, egress }) => ({
    what: 'egress',
    where: objectIn(cluster, 'NetworkPolicy', name, namespace),
    value: JSON.stringify(egress),
  }));
  return [shownBy(problem('KP-061', message), ...evidence)];
}

/** Whether a host of a ServiceEntry is that of STS. */
const isHostOf = (host: string, sts: string): boolean =>
  host === '*' || host === sts || (host.startsWith('*.') && sts.endsWith(host.slice(1)));

function liveMesh({ cluster, mesh = absent, serviceEntries = absent }: ProfileView): readonly Problem[] {
  const text = valueOf(mesh)?.data['mesh'];
  const entries = valueOf(serviceEntries);
  if (text === undefined || entries === undefined) return [];
  const root = parse(text, 'yaml').documents[0]?.root;
  const mode = root === undefined ? undefined : textOf(find(root, 'outboundTrafficPolicy', 'mode'));
  const sts = stsOf(cluster);
  if (mode !== 'REGISTRY_ONLY' || entries.some(({ hosts }) => hosts.some((host) => isHostOf(host, sts)))) return [];
  const message = `Istio lets pods with its sidecar, as those of notebooks, call only hosts that it knows (REGISTRY_ONLY), and ${sts} is not among them: they get no credentials. Add a ServiceEntry.`;
  const evidence = {
    what: 'outboundTrafficPolicy',
    where: objectIn(cluster, 'ConfigMap', 'istio', 'istio-system'),
    value: mode,
  };
  return [{ ...shownBy(problem('KP-061', message), evidence), severity: 'warning', remark: true }];
}

/** An API server of EKS itself: what leads to another address may be a proxy of the same cluster. */
const EKS = /^https:\/\/[^/]+\.eks\.amazonaws\.com(?:\.cn)?(?:[:/]|$)/i;
const bare = (server: string): string => server.replace(/\/+$/, '').toLowerCase();

/** KP-063: contexts that bear this cluster's name and lead to another one; and where kubectl goes by itself. */
function liveContexts({ cluster, api = absent }: ProfileView): readonly Problem[] {
  const { contexts } = valueOf(api) ?? {};
  const { endpoint } = cluster;
  if (contexts === undefined || endpoint === undefined) return [];
  const isElsewhere = ({ server }: { readonly server: string }): boolean =>
    EKS.test(server) && bare(server) !== bare(endpoint);
  const said = (message: string, { name, server }: { readonly name: string; readonly server: string }): Problem => ({
    ...shownBy(problem('KP-063', message), {
      what: 'server',
      where: objectIn(cluster, 'context', name),
      value: server,
    }),
    remark: true,
  });
  const wrong = contexts.named.filter(isElsewhere);
  if (wrong.length > 0)
    return wrong.map((one) =>
      said(
        `Context ${quoted(one.name)} of the kubeconfig leads to ${one.server}, and cluster ${cluster.name} is at ${endpoint}: what is applied with it goes to another cluster, or one that is gone. Run Update Kubeconfig.`,
        one,
      ),
    );
  const { current } = contexts;
  return current === undefined || !isElsewhere(current)
    ? []
    : [
        {
          ...said(
            `kubectl's current context ${quoted(current.name)} leads to another cluster (${current.server}): what you apply with it does not come here.`,
            current,
          ),
          severity: 'information',
        },
      ];
}

/** KP-064 */
function liveCaller({ cluster, caller = absent }: ProfileView): readonly Problem[] {
  const who = valueOf(caller);
  if (who === undefined || who.account === cluster.account) return [];
  const message = `The AWS credentials are of account ${who.account}, and the cluster is in account ${cluster.account}: roles and providers would be read, and made, in the wrong one.`;
  return [shownBy(problem('KP-064', message), { what: 'caller', where: cluster.arn, value: who.arn })];
}

/** What each mode looks like. They run as tests. */
export const examples = (): readonly Example[] => [
  {
    name: 'a network policy that lets nothing out of the cluster',
    change: {
      networkPolicies: found([
        { namespace: 'team-a', name: 'inside', everyPod: true, egress: [{ outside: false }] },
        { namespace: 'team-a', name: 'dns', everyPod: false, egress: [{ outside: true, ports: [53] }] },
      ]),
    },
    sees: ['KP-061'],
  },
  {
    name: 'network policies that let out',
    change: {
      networkPolicies: found([
        { namespace: 'team-a', name: 'inside', everyPod: true, egress: [] },
        { namespace: 'team-a', name: 'out', everyPod: false, egress: [{ outside: true, ports: ['https'] }] },
      ]),
    },
    sees: [],
  },
  {
    name: 'an Istio that knows no STS',
    change: {
      mesh: found({
        namespace: 'istio-system',
        name: 'istio',
        data: { mesh: 'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n' },
      }),
      serviceEntries: found([{ namespace: 'team-a', name: 's3', hosts: ['s3.us-west-2.amazonaws.com'] }]),
    },
    sees: ['KP-061'],
  },
  {
    name: 'an endpoint of S3 whose policy allows another bucket only',
    change: through({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::other*' }),
    sees: ['KP-061'],
  },
  {
    name: 'an endpoint of STS whose policy denies the role',
    change: through(
      { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'sts:*', Resource: ROLE },
    ),
    sees: ['KP-061'],
  },
  {
    name: 'endpoints whose policies let the role and the bucket through',
    change: through({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }),
    sees: [],
  },
  {
    name: 'an endpoint whose policy rests on the organization of who calls',
    change: through({
      Effect: 'Allow',
      Principal: '*',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
    }),
    sees: [],
  },
  {
    name: 'a context of the name of the cluster that leads elsewhere',
    change: {
      cluster: { ...DEMO, endpoint: 'https://abc.gr7.us-west-2.eks.amazonaws.com' },
      api: found({
        connection: '',
        profileVersions: ['v1'],
        contexts: { named: [{ name: DEMO.arn, server: 'https://def.gr7.us-west-2.eks.amazonaws.com' }] },
      }),
    },
    sees: ['KP-063'],
  },
  {
    name: 'credentials of another account',
    change: { caller: found({ account: '444455556666', arn: 'arn:aws:iam::444455556666:user/dana' }) },
    sees: ['KP-064'],
  },
];

const DEMO = right().cluster;

/** An endpoint of each service, with one policy. */
const through = (...Statement: readonly object[]): Partial<ProfileView> => ({
  cluster: { ...DEMO, vpc: 'vpc-1' },
  endpoints: found(
    (['s3', 'sts'] as const).map((service) => ({
      id: `vpce-${service}`,
      service,
      type: service === 's3' ? 'Gateway' : 'Interface',
      state: 'available',
      routeTables: ['rtb-1'],
      privateDns: true,
      policy: policy(...Statement),
    })),
  ),
});
