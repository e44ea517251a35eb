/** The facts about a profile: one file a kind, in the order in which they stand below it. */
import { bucket } from './bucket.ts';
import { contributor } from './contributor.ts';
import type { FactKind } from './factKind.ts';
import { owner } from './owner.ts';
import { pipelineRoot } from './pipelineRoot.ts';
import { role } from './role.ts';
import { serviceAccount } from './serviceAccount.ts';

const FACTS = { owner, contributor, serviceAccount, role, bucket, pipelineRoot } satisfies Record<string, FactKind>;

export type FactName = keyof typeof FACTS;
export const FACT_KINDS: Readonly<Record<FactName, FactKind>> = FACTS;
