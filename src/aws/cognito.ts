/** Cognito user pools: their users, and new ones. A chunk of its own, which only who asks for users loads. */
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  ListUserPoolsCommand,
  ListUsersCommand,
  type CognitoIdentityProviderClientConfig,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import { shortHash } from '../core/arn/names.ts';
import type { CognitoUser } from '../core/observation.ts';
import { poolOf, type UserPool } from '../core/people/signIn.ts';
import { found } from '../core/reading.ts';
import { OutsideError, type UserPools } from '../provisioning/ports.ts';
import { act, read } from './roles.ts';

/** The most that Cognito gives in one page (API reference, ListUsers, ListUserPools). */
const PAGE = 60;
/** Users of a pool that are shown: more nobody looks through. */
const MOST_USERS = 600;

/** What Cognito refuses, and what to do: a sentence by code (API reference, AdminCreateUser). */
const REFUSED: Readonly<Record<string, string>> = {
  UsernameExistsException: 'there is such a user already. Choose that one.',
  AliasExistsException: 'another user has this e-mail address already.',
  InvalidPasswordException:
    "the pool refuses the password that was made: look at its password policy, or create the user in Cognito's own page.",
  CodeDeliveryFailureException:
    'Cognito could not send the invitation. Look at the e-mail settings of the pool and at the address.',
  UserLambdaValidationException: 'a Lambda function of the pool refuses this user.',
  UnsupportedUserStateException: 'the user is in a state in which it cannot be invited.',
  TooManyRequestsException: 'Cognito takes no more requests for now, or no more mails today. Try again later.',
  LimitExceededException: 'a quota of the user pool is reached.',
};

function userOf(pool: string, { Username, Attributes, UserStatus }: UserType): CognitoUser[] {
  const email = Attributes?.find(({ Name }) => Name === 'email')?.Value;
  if (Username === undefined || email === undefined) return [];
  return [{ pool, username: Username, email, ...(UserStatus === undefined ? {} : { status: UserStatus }) }];
}

/** Cognito as one identity in one region. */
export function userPools(config: CognitoIdentityProviderClientConfig): UserPools {
  const client = new CognitoIdentityProviderClient(config);

  /** Cognito takes an address as the user's name, or, where it is an alias of names, refuses one. */
  async function usernameFor(pool: string, email: string): Promise<string> {
    const described = await read('cognito-idp:DescribeUserPool', async () =>
      found((await client.send(new DescribeUserPoolCommand({ UserPoolId: pool }))).UserPool),
    );
    const settings = described.state === 'found' ? described.value : undefined;
    const { UsernameAttributes: names = [], AliasAttributes: aliases = [] } = settings ?? {};
    if (names.length > 0 && !names.includes('email'))
      throw new OutsideError(
        `Users of pool ${pool} sign in with ${names.join(', ')}, not with an e-mail address: create the user in Cognito's own page.`,
        'NotSupported',
      );
    return aliases.includes('email') ? `${email.slice(0, email.indexOf('@'))}-${shortHash(email)}` : email;
  }

  return {
    pools: () =>
      read('cognito-idp:ListUserPools', async () => {
        const all: UserPool[] = [];
        let next: string | undefined;
        do {
          const page = await client.send(
            new ListUserPoolsCommand({ MaxResults: PAGE, ...(next === undefined ? {} : { NextToken: next }) }),
          );
          for (const { Id, Name } of page.UserPools ?? []) {
            const pool = Id === undefined ? undefined : poolOf(Id, Name);
            if (pool !== undefined) all.push(pool);
          }
          next = page.NextToken;
        } while (next !== undefined);
        return found(all);
      }),

    users: (pool, email) =>
      read('cognito-idp:ListUsers', async () => {
        const all: CognitoUser[] = [];
        let next: string | undefined;
        const filter = email === undefined ? {} : { Filter: `email = "${email.replace(/["\\]/g, '\\$&')}"` };
        do {
          const page = await client.send(
            new ListUsersCommand({
              UserPoolId: pool,
              Limit: PAGE,
              ...filter,
              ...(next === undefined ? {} : { PaginationToken: next }),
            }),
          );
          all.push(...(page.Users ?? []).flatMap((user) => userOf(pool, user)));
          next = page.PaginationToken;
        } while (next !== undefined && all.length < MOST_USERS);
        return found(all);
      }),

    createUser: async (pool, email) => {
      const username = await usernameFor(pool, email);
      await act('cognito-idp:AdminCreateUser', async () => {
        await client
          .send(
            new AdminCreateUserCommand({
              UserPoolId: pool,
              Username: username,
              // Kubeflow goes by the address; who invites vouches for it.
              UserAttributes: [
                { Name: 'email', Value: email },
                { Name: 'email_verified', Value: 'true' },
              ],
              DesiredDeliveryMediums: ['EMAIL'],
            }),
          )
          .catch((error: unknown) => {
            const said = error instanceof Error ? REFUSED[error.name] : undefined;
            if (said === undefined || !(error instanceof Error)) throw error;
            throw Object.assign(new Error(said), { name: error.name });
          });
      });
    },

    deleteUser: (pool, username) =>
      act('cognito-idp:AdminDeleteUser', async () => {
        await client.send(new AdminDeleteUserCommand({ UserPoolId: pool, Username: username }));
      }),
  };
}
