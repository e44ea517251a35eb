import { factsOf } from '../facts.ts';
import type { Profile } from '../observation.ts';
import { guarded } from './managed.ts';
import { refOf, type Plan } from './plan.ts';

/** The plan of "Apply Manifest": a Profile that somebody edited. `at`: ARN of the cluster. */
export const planManifest = (at: string, before: Profile, after: Profile): Plan =>
  guarded(
    {
      title: `manifest of profile ${before.metadata.name}`,
      needs: [],
      changes: [{ ref: refOf('k8s/profile', at, before.metadata.name), before, after }],
      proofs: [],
      warnings: [],
    },
    factsOf({}),
  );
