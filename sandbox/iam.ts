// What IAM refuses and moto lets pass: names, sizes, character sets and malformed documents of the calls that provision a
// role for a service account. The front asks here before it passes such a call on.
// Sources of limits: IAM API model (2010-05-08), IAM User Guide "IAM and STS quotas".
import { policyFault, type PolicyContext } from './policy.ts';
import type { Refusal } from './sts.ts';

/** What the checks look up in the account. */
export interface IamView extends PolicyContext {
  /** Names of the roles as they were given. */
  roleNames(): Promise<readonly string[]>;
  /** The inline policies of a role (name to document), or undefined if there is no such role. */
  inlinePolicies(roleName: string): Promise<ReadonlyMap<string, string> | undefined>;
  providers(): Promise<readonly string[]>;
}
type Parameters = ReadonlyMap<string, string>;
type Check = (parameters: Parameters, view: IamView) => Promise<Refusal | undefined> | Refusal | undefined;

const refuse = (code: string, message: string, status = 400): Refusal => ({ status, code, message });
const invalid = (value: string, parameter: string, constraint: string): Refusal =>
  refuse(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${parameter.charAt(0).toLowerCase()}${parameter.slice(1)}' failed to satisfy constraint: ${constraint}`,
  );

/** A parameter that must be there (unless `optional`), of a length and of characters. */
const text =
  (parameter: string, max: number, pattern: RegExp, characters: string, optional = false, min = 1): Check =>
  (parameters) => {
    const value = parameters.get(parameter);
    if (value === undefined) return optional ? undefined : invalid('null', parameter, 'Member must not be null');
    if (value.length < min) return invalid(value, parameter, 'Member must have length greater than or equal to 1');
    if (value.length > max) return invalid(value, parameter, `Member must have length less than or equal to ${max}`);
    if (!pattern.test(value))
      return refuse(
        'ValidationError',
        `The specified value for ${parameter.charAt(0).toLowerCase()}${parameter.slice(1)} is invalid. ${characters}`,
      );
    return undefined;
  };
const NAME = /^[\w+=,.@-]+$/;
const NAME_CHARACTERS = 'It must contain only alphanumeric characters and/or the following: +=,.@_-';
const roleName = text('RoleName', 64, NAME, NAME_CHARACTERS);
const policyName = text('PolicyName', 128, NAME, NAME_CHARACTERS);
const documentText = (parameter: string): Check =>
  text(
    parameter,
    131_072,
    /^[\u0009\u000A\u000D\u0020-\u00FF]+$/,
    'It must contain only printable ASCII and Latin-1 characters.',
  );
const path = text(
  'Path',
  512,
  /^(\/|\/[\u0021-\u007E]+\/)$/,
  'It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  true,
);
const description = text(
  'Description',
  1000,
  /^[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*$/,
  'It contains a character that is not allowed.',
  true,
  // The model asks for no length here: an empty one takes the description away.
  0,
);
/** IAM counts a document's size without white space. */
const size = (document: string): number => document.replace(/\s/g, '').length;

const trustPolicy =
  (parameter: string): Check =>
  async (parameters, view) => {
    const document = parameters.get(parameter) ?? '';
    const fault = await policyFault(document, 'trust', view);
    if (fault !== undefined) return refuse('MalformedPolicyDocument', fault);
    if (size(document) > 2048) return refuse('LimitExceeded', 'Cannot exceed quota for ACLSizePerRole: 2048', 409);
    return undefined;
  };
const tags: Check = (parameters) => {
  const keys = [...parameters.keys()].filter((name) => /^Tags\.member\.\d+\.Key$/.test(name));
  if (keys.length > 50) return refuse('LimitExceeded', 'Cannot exceed quota for TagsPerRole: 50', 409);
  for (const key of keys) {
    const name = parameters.get(key) ?? '';
    const value = parameters.get(key.replace(/Key$/, 'Value')) ?? '';
    if (name.length < 1 || name.length > 128 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u.test(name))
      return invalid(name, key, 'Member must satisfy the pattern of tag keys');
    if (value.length > 256 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value))
      return invalid(value, key, 'Member must satisfy the pattern of tag values');
  }
  return undefined;
};
const newRoleName: Check = async (parameters, view) => {
  const name = parameters.get('RoleName') ?? '';
  return (await view.roleNames()).some((other) => other.toLowerCase() === name.toLowerCase())
    ? refuse('EntityAlreadyExists', `Role with name ${name} already exists.`, 409)
    : undefined;
};
const sessionDuration: Check = (parameters) => {
  const value = parameters.get('MaxSessionDuration');
  return value !== undefined && !(Number(value) >= 3600 && Number(value) <= 43200)
    ? invalid(value, 'MaxSessionDuration', 'Member must have value between 3600 and 43200')
    : undefined;
};
const boundary: Check = async (parameters, view) => {
  const arn = parameters.get('PermissionsBoundary');
  if (arn === undefined) return undefined;
  if (!/^arn:aws:iam::(aws|\d{12}):policy\/\S+$/.test(arn))
    return refuse('ValidationError', `ARN ${arn} is not valid.`);
  // The policies that AWS manages are taken as there.
  return arn.startsWith('arn:aws:iam::aws:') || (await view.exists(arn))
    ? undefined
    : refuse('NoSuchEntity', `Scope ARN: ${arn} does not exist or is not attachable.`, 404);
};
const inlinePolicy: Check = async (parameters, view) => {
  const document = parameters.get('PolicyDocument') ?? '';
  const fault = await policyFault(document, 'identity', view);
  if (fault !== undefined) return refuse('MalformedPolicyDocument', fault);
  const name = parameters.get('RoleName') ?? '';
  const policies = await view.inlinePolicies(name);
  if (!policies) return refuse('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  let total = size(document);
  for (const [other, text] of policies) if (other !== parameters.get('PolicyName')) total += size(text);
  if (total > 10_240)
    return refuse('LimitExceeded', `Maximum policy size of 10240 bytes exceeded for role ${name}`, 409);
  return undefined;
};
const provider: Check = async (parameters, view) => {
  const url = parameters.get('Url') ?? '';
  if (url.length < 1 || url.length > 255) return invalid(url, 'Url', 'Member must have length between 1 and 255');
  if (!/^https:\/\/[^\s?#@]+$/.test(url)) return refuse('ValidationError', 'Invalid Open ID Connect Provider URL');
  const members = (name: string): string[] =>
    [...parameters].filter(([key]) => new RegExp(`^${name}\\.member\\.\\d+$`).test(key)).map(([, value]) => value);
  for (const thumbprint of members('ThumbprintList'))
    if (!/^[0-9a-fA-F]{40}$/.test(thumbprint))
      return invalid(thumbprint, 'ThumbprintList', 'Member must have length equal to 40');
  if (members('ThumbprintList').length > 5)
    return refuse('InvalidInput', 'Thumbprint list must contain fewer than 5 entries.');
  for (const clientId of members('ClientIDList'))
    if (clientId.length < 1 || clientId.length > 255)
      return invalid(clientId, 'ClientIDList', 'Member must have length between 1 and 255');
  if (members('ClientIDList').length > 100)
    return refuse('InvalidInput', 'Client ID list must contain fewer than 100 entries.');
  const providers = await view.providers();
  const arn = `arn:aws:iam::${view.account}:oidc-provider/${url.slice('https://'.length)}`;
  if (providers.includes(arn)) return refuse('EntityAlreadyExists', `Provider with url ${url} already exists.`, 409);
  if (providers.length >= 100)
    return refuse('LimitExceeded', 'Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100', 409);
  return undefined;
};

/** The checks of each call, in the order in which the first failure is answered. */
const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  CreateRole: [
    ...[roleName, path, description, sessionDuration, tags, documentText('AssumeRolePolicyDocument'), newRoleName],
    ...[trustPolicy('AssumeRolePolicyDocument'), boundary],
  ],
  UpdateAssumeRolePolicy: [roleName, documentText('PolicyDocument'), trustPolicy('PolicyDocument')],
  PutRolePermissionsBoundary: [roleName, boundary],
  PutRolePolicy: [roleName, policyName, documentText('PolicyDocument'), inlinePolicy],
  UpdateRole: [roleName, description, sessionDuration],
  TagRole: [roleName, tags],
  CreateOpenIDConnectProvider: [provider, tags],
  AddClientIDToOpenIDConnectProvider: [text('ClientID', 255, /^[^]+$/, '')],
  TagOpenIDConnectProvider: [tags],
};

/** The error that IAM answers to this call, or undefined if it passes what is checked here. */
export async function judgeIam(action: string, parameters: Parameters, view: IamView): Promise<Refusal | undefined> {
  for (const check of CHECKS[action] ?? []) {
    const refusal = await check(parameters, view);
    if (refusal) return refusal;
  }
  return undefined;
}
