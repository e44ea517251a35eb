import type { Explorer } from '../explorer/index.ts';
import type { Host } from '../host.ts';
import type { Documents } from '../wizard/documents.ts';
import type { Plans } from '../wizard/plans.ts';

/** What commands act on. */
export interface Rooms {
  readonly host: Host;
  readonly explorer: Explorer;
  /** Plans and proofs as they are shown; made when the first is. */
  readonly documents: () => Promise<Documents>;
  readonly plans: () => Promise<Plans>;
}
