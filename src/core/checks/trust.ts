import { patternMatches } from '../arn/pattern.ts';
import { AUDIENCE, issuerPath, providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import type { Problem } from './profile.ts';
import type { ProfileReadings, RoleDetails } from './readings.ts';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const strings = (value: unknown): string[] => list(value).filter((item): item is string => typeof item === 'string');
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** One condition of a statement, its key in lower case. */
interface Test {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

interface Trust {
  readonly federated: readonly string[];
  readonly others: readonly string[];
  readonly webIdentity: boolean;
  readonly tests: readonly Test[];
}

function statementsOf(text: string): Trust[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  return list(record(document)['Statement'])
    .map(record)
    .filter((statement) => statement['Effect'] === 'Allow')
    .map((statement) => {
      const principal = statement['Principal'];
      const kinds = record(principal);
      return {
        federated: strings(kinds['Federated']),
        others: typeof principal === 'string' ? [principal] : [...strings(kinds['AWS']), ...strings(kinds['Service'])],
        webIdentity: strings(statement['Action']).some((action) =>
          patternMatches(action.toLowerCase(), 'sts:assumerolewithwebidentity'),
        ),
        tests: Object.entries(record(statement['Condition'])).flatMap(([operator, block]) =>
          Object.entries(record(block)).map(([key, value]) => ({
            operator: operator.toLowerCase(),
            key: key.toLowerCase(),
            values: strings(value),
          })),
        ),
      };
    });
}

function holds({ operator, values }: Test, value: string): boolean {
  if (operator === 'stringequals') return values.includes(value);
  if (operator === 'stringlike') return values.some((pattern) => patternMatches(pattern, value));
  if (operator === 'stringequalsignorecase') return values.some((one) => one.toLowerCase() === value.toLowerCase());
  return true;
}

/** Whether a statement lets in a token of the issuer with this subject. An operator that is not known here counts as met. */
function letsIn(statement: Trust, provider: string, issuer: string, sub: string): boolean {
  if (!statement.webIdentity || !statement.federated.includes(provider)) return false;
  const claims: Readonly<Record<string, string>> = {
    [`${issuer}:aud`.toLowerCase()]: AUDIENCE,
    [`${issuer}:sub`.toLowerCase()]: sub,
  };
  return statement.tests.every((test) => {
    const claim = claims[test.key];
    return claim === undefined ? !/:(aud|sub)$/.test(test.key) : holds(test, claim);
  });
}

/** A name that no profile and no service account of a cluster has: whether it gets in tells how wide the door is. */
const STRANGER = 'kubeflow-irsa-nobody';

/** Problems of a role's trust policy for the service account of one profile. */
export function trustProblems({ cluster, profile }: ProfileReadings, role: RoleDetails): Problem[] {
  if (cluster.issuer === undefined) return [];
  const { name } = profile.metadata;
  const issuer = issuerPath(cluster.issuer);
  const provider = providerArn(cluster.partition, role.arn.split(':')[4] ?? cluster.account, cluster.issuer);
  const statements = statementsOf(role.trustPolicy);
  if (statements === undefined)
    return [{ id: 'KP-033', message: `The trust policy of ${role.name} is no JSON.`, remedy: 'repair' }];
  const may = (sub: string): boolean => statements.some((statement) => letsIn(statement, provider, issuer, sub));
  const repair = (id: Problem['id'], message: string): Problem => ({ id, message, remedy: 'repair' });
  if (may(subject(name))) {
    if (may(subject(STRANGER, STRANGER))) {
      return [
        repair('KP-029', `Every service account of the cluster may assume ${role.name}, also those of other profiles.`),
      ];
    }
    if (may(subject(name, STRANGER))) {
      return [
        repair(
          'T-LIKE-NS-ANY-SA',
          `Every service account of namespace ${name} may assume ${role.name}, not only ${SERVICE_ACCOUNT}.`,
        ),
      ];
    }
    return [];
  }
  const said = `The trust policy of ${role.name} does not let in ${name}/${SERVICE_ACCOUNT}`;
  const web = statements.filter(({ webIdentity, federated }) => webIdentity && federated.length > 0);
  if (web.length === 0) return [repair('KP-033', `${said}: no statement trusts an OIDC provider.`)];
  const ours = web.filter(({ federated }) => federated.includes(provider));
  if (ours.length === 0)
    return [repair('KP-026', `${said}: it trusts ${web[0]?.federated[0] ?? ''}, which is not this cluster.`)];
  const tests = ours.flatMap((statement) => statement.tests);
  const foreign = tests.find(({ key }) => /:(aud|sub)$/.test(key) && !key.startsWith(`${issuer.toLowerCase()}:`));
  if (foreign !== undefined)
    return [
      repair('KP-032', `${said}: its condition asks for ${foreign.key}, which tokens of this cluster do not have.`),
    ];
  const aud = tests.find((test) => test.key.endsWith(':aud') && !holds(test, AUDIENCE));
  if (aud !== undefined)
    return [repair('KP-028', `${said}: it asks for the audience ${aud.values.join(', ')}, tokens have ${AUDIENCE}.`)];
  const sub = tests.find((test) => test.key.endsWith(':sub') && !holds(test, subject(name)));
  if (sub?.operator === 'stringequals' && sub.values.some((value) => /[*?]/.test(value))) {
    return [repair('KP-031', `${said}: StringEquals takes "*" as it is written.`)];
  }
  return [repair('KP-030', `${said}: it lets in ${sub?.values.slice(0, 3).join(', ') ?? 'others'}.`)];
}

/** Who may assume a role, in a few words. */
export function trustInWords(trustPolicy: string): string {
  const statements = statementsOf(trustPolicy);
  if (statements === undefined) return 'trust policy cannot be read';
  const who = statements.flatMap((statement) => {
    if (!statement.webIdentity || statement.federated.length === 0) return statement.others;
    const subjects = statement.tests.filter(({ key }) => key.endsWith(':sub')).flatMap(({ values }) => values);
    return subjects.length === 0
      ? ['every service account of the cluster']
      : subjects.map((sub) => sub.replace(/^system:serviceaccount:/, '').replace(':', '/'));
  });
  const unique = [...new Set(who)];
  if (unique.length === 0) return 'nobody may assume it';
  return `assumed by ${unique.slice(0, 3).join(', ')}${unique.length > 3 ? ` and ${unique.length - 3} more` : ''}`;
}
