import type { Survivors } from './row.ts';

export const MODES: readonly Survivors[] = [
  {
    why: 'For speed alone: no comment is found then.',
    of: {
      'src/core/modes/suppression.ts': [
        ["if (!text.includes('kubeflow-irsa:')) return findings;", "if (!text.includes('kubeflow-irsa:')) ;"],
      ],
    },
  },
  {
    why: 'No list of the page is 90 characters long; where it breaks is a matter of looks.',
    of: { 'src/core/plan/permissions.ts': [['line.length <= 90', 'line.length < 90']] },
  },
  {
    why: 'What ranks 0 is the provider: it is the first of all changes anyway.',
    of: { 'src/core/plan/plan.ts': [['rank(line) < 0)', 'rank(line) <= 0)']] },
  },
  {
    why: 'For speed alone: what a plan writes is right by each of the rules, too.',
    of: { 'src/core/modes/permissions/live.ts': [['role.inline.length > 0) return [];', 'role.inline.length > 0) ;']] },
  },
  {
    why: 'For the types alone: a release that is not known is neither of those that are warned of.',
    of: { 'src/core/plan/artifacts.ts': [['if (version === undefined) return [];', 'if (version === undefined) ;']] },
  },
  {
    why: 'For the types alone: without the one or the other there is a need.',
    of: {
      'src/core/plan/handover.ts': [
        ["profile === undefined || space.state !== 'found')", "profile === undefined && space.state !== 'found')"],
      ],
    },
  },
  {
    why: 'The first AWS plugin is not one of another cloud.',
    of: { 'src/core/modes/profile/plugins.ts': [['index < first ?', 'index <= first ?']] },
  },
  {
    why: 'Each consent is about one thing.',
    of: { 'src/core/plan/plan.ts': [['CONSENTS[one]).some(', 'CONSENTS[one]).every(']] },
  },
  {
    why: 'For speed alone: the same is found again.',
    of: { 'src/core/modes/trust/statement.ts': [['if (its !== null) return its;', 'if (its !== null) ;']] },
  },
  {
    why: 'A list has its bracket, or its dash, before its first statement.',
    of: {
      'src/core/modes/trust/size.ts': [['statement.node.start >= list.start', 'statement.node.start > list.start']],
    },
  },
  {
    why: 'For the types alone: what is no object has none of the keys that are looked at.',
    of: { 'src/core/modes/eksctl.ts': [["if (iam?.type !== 'object') return [];", "if (iam?.type !== 'object') ;"]] },
  },
  {
    why: 'For the types alone: what is no text, or is filled in later, is neither a zone nor a region.',
    of: {
      'src/core/modes/artifacts/repository.ts': [
        ['if (!region || text === undefined ||', 'if (!region && text === undefined ||'],
        ['hasHole(region)) return [];', 'hasHole(region)) ;'],
      ],
    },
  },
  {
    why: 'For the types alone: without a text for its version nothing is taken for a Profile.',
    of: { 'src/core/modes/profile/name.ts': [['!node || version === undefined', '!node && version === undefined']] },
  },
  {
    why: 'For the types alone: a statement without Action leaves it open whether it lets tag.',
    of: { 'src/core/modes/pod-identity.ts': [['if (action === undefined) return [];', 'if (action === undefined) ;']] },
  },
  {
    why: 'For the types alone: without a profile no prefix is its own.',
    of: { 'src/core/plan/leftovers.ts': [['if (profile === undefined) return [];', 'if (profile === undefined) ;']] },
  },
  {
    why: 'For the types alone: where providers cannot be read, the place fails.',
    of: {
      'src/core/plan/artifacts.ts': [
        ["before !== undefined && now?.state === 'fails'", "before !== undefined || now?.state === 'fails'"],
      ],
    },
  },
  {
    why: 'For the types alone: what is left is told of a text, and that of a role.',
    of: {
      'src/core/plan/deleteRole.ts': [
        ['its === undefined || text === undefined ||', 'its === undefined && text === undefined ||'],
      ],
    },
  },
  {
    why: 'For the types alone: of a role that was read it can be said.',
    of: {
      'src/core/modes/trust/live.ts': [
        ["its === undefined || its === 'left' ?", "its === undefined && its === 'left' ?"],
      ],
    },
  },
  {
    why: 'Nobody asks for a role without a name, and a reading that is undefined is none.',
    of: {
      'src/core/modes/keeps.ts': [
        ['name !== undefined && role !== undefined', 'name !== undefined || role !== undefined'],
      ],
    },
  },
  {
    why: 'For the types alone: a text that was not read denies nothing.',
    of: {
      'src/core/modes/permissions/above.ts': [['if (text === undefined) return [];', 'if (text === undefined) ;']],
    },
  },
  {
    why: 'For speed alone: what allows everything and denies nothing refuses nothing.',
    of: {
      'src/core/modes/permissions/above.ts': [['if (denies.length === 0) return [];', 'if (denies.length === 0) ;']],
    },
  },
  {
    why: 'For speed alone: where nothing stands over an account, nothing is refused.',
    of: {
      'src/core/modes/permissions/organization.ts': [
        ['guards.resource.length === 0) return undefined;', 'guards.resource.length === 0) ;'],
      ],
    },
  },
  {
    why: 'Either way the door has a key of its own.',
    of: {
      'src/core/modes/permissions/organization.ts': [
        ['[by, action === WEB_IDENTITY]', '[by, action !== WEB_IDENTITY]'],
      ],
    },
  },
  {
    why: 'What is on objects is on nothing else, in all of the actions of S3.',
    of: {
      'src/core/modes/permissions/actions.ts': [
        ['action.on.every((type) => OBJECT_TYPES', 'action.on.some((type) => OBJECT_TYPES'],
      ],
    },
  },
  {
    why: 'Each action of a pipeline is of one level.',
    of: {
      'src/core/modes/permissions/actions.ts': [['(name)].some((level)', '(name)].every((level)']],
    },
  },
  {
    why: 'What names one bucket, or what is in one, is of one type.',
    of: { 'src/core/modes/permissions/levels.ts': [['!types.some(', '!types.every(']] },
  },
  {
    why: 'No two policies of a role begin at one place.',
    of: { 'src/core/modes/permissions/policy.ts': [['root.start < other.start', 'root.start <= other.start']] },
  },
  {
    why: 'Behind the end of a part there is a comma or a bracket, where no finding begins.',
    of: { 'src/core/modes/problem.ts': [['?? Infinity) <= place)', '?? Infinity) < place)']] },
  },
  {
    why: 'What is moved by no column stays as it is.',
    of: { 'src/core/modes/profile/fixes.ts': [['return by >= 0', 'return by > 0']] },
  },
  {
    why: 'Where they differ, neither is as large as the other.',
    of: { 'src/core/profile/launcher.ts': [['(has[at] ?? 0) > (needs', '(has[at] ?? 0) >= (needs']] },
  },
  {
    why: 'For speed alone: where nothing is wrong, nothing is left out.',
    of: {
      'src/core/profile/shape.ts': [['=== undefined || typeof mapping[key]', '=== undefined && typeof mapping[key]']],
    },
  },
  {
    why: 'For the types alone: a policy that names the service account is written anew when its Profile goes.',
    of: {
      'src/core/plan/controller.ts': [
        ["if (rewriting.outcome === 'keeps') return [];", "if (rewriting.outcome === 'keeps') ;"],
      ],
    },
  },
  {
    why: 'For the types alone: people are looked at where the cluster was found.',
    of: { 'src/core/plan/edit.ts': [['if (cluster === undefined) return undefined;', 'if (cluster === undefined) ;']] },
  },
  {
    why: 'A fix that would take out nothing is not offered: what stands in a branch is no item of the list.',
    of: {
      'src/core/modes/trust/claims.ts': [["list.type === 'array' && at >= 0", "list.type === 'array' || at >= 0"]],
    },
  },
];
