/** What rules exist for: manifests, patches of them, and IAM documents wherever they are held. */
import type { Anywhere } from './annotations.ts';
import { type DocNode, type DocObject, type DocScalar, get, textOf } from './document/node.ts';
import type { Stack } from './finding.ts';
import type { CommaError, ParseError } from './document/json.ts';

/** Something that rules exist for. */
export type Resource = ManifestResource | PolicyResource | OtherResource;
export interface PolicyResource {
  readonly kind: 'trust' | 'permissions';
  readonly root: DocNode;
  /** Where the name of the role stands, if it does. */
  readonly role?: DocScalar;
  /** A managed policy, whose quota is another than that of the inline ones. */
  readonly managed?: true;
  /** Held in a string and not readable to its end. */
  readonly unfinished?: true;
  /** What makes it no JSON, where it is held in a string of a manifest. */
  readonly broken?: ParseError | CommaError;
  /** Not written like this in the file: a fix can only put a word for a word. */
  readonly generated?: true;
  /** It stands where only the policy of a role, a user or a group can. */
  readonly known?: true;
  /** Nothing in it can be read as a statement: known to be a policy by its place alone. */
  readonly shapeless?: true;
  /** The text that is no JSON, and where its characters stand, where it is not known what a part of it is. */
  readonly raw?: { readonly text: string; readonly at: (index: number) => number };
  /** The other inline policies of the same role, which share a quota with it. */
  readonly beside?: readonly DocNode[];
  /** The template of CloudFormation that it is part of. */
  readonly stack?: Stack;
}
export interface ManifestResource {
  readonly kind: 'profile' | 'serviceAccount' | 'configMap';
  readonly root: DocObject;
  /** A patch, or otherwise not the whole object. */
  readonly partial: boolean;
  /** Not written like this in the file: a fix can only put a word for a word. */
  readonly generated?: true;
}
type OtherResource =
  /** A field of a Profile or ServiceAccount in a JSON patch. */
  | { readonly kind: 'patchedField'; readonly path: DocScalar; readonly value: DocNode }
  /** A ClusterConfig of eksctl. */
  | { readonly kind: 'eksctl'; readonly root: DocObject }
  | Anywhere
  /** Keys of AWS in the environment of pods. */
  | {
      readonly kind: 'keys';
      readonly root: DocObject;
      readonly of: 'PodDefault' | 'Secret' | 'ml-pipeline';
      /** Where they stand. */
      readonly place: DocScalar;
      /** The annotations of its pods. */
      readonly annotations?: DocNode;
    }
  /** An OIDC provider of IAM. `isEks`: its URL is taken from a cluster of EKS. */
  | {
      readonly kind: 'provider';
      readonly root: DocNode;
      readonly url: DocNode;
      readonly clientIds?: DocNode;
      readonly isEks: boolean;
    }
  | {
      readonly kind: 'podIdentity';
      readonly root: DocNode;
      readonly namespace?: string;
      readonly serviceAccount?: string;
    };

/** What a document holds that stands in one of another format. */
export type Within = (document: DocNode) => Iterable<Resource>;

/** A Pod Identity association, with the keys that its format has for its two ends. */
export const podIdentity = (node: DocNode | undefined, namespaceKey: string, accountKey: string): Resource => {
  const [namespace, serviceAccount] = [textOf(get(node, namespaceKey)), textOf(get(node, accountKey))];
  return {
    kind: 'podIdentity',
    root: node ?? UNKNOWN,
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
};

/** An OIDC provider, with the keys that its format has for its parts. */
export function* oidcProvider(
  node: DocNode | undefined,
  urlKey: string,
  clientIdsKey: string,
  isEks = false,
): Generator<Resource> {
  const [url, clientIds] = [get(node, urlKey), get(node, clientIdsKey)];
  if (node && url) yield { kind: 'provider', root: node, url, isEks, ...(clientIds ? { clientIds } : {}) };
}

const UNKNOWN: DocScalar = {
  type: 'null',
  value: null,
  start: 0,
  end: 0,
  source: { text: '', format: 'yaml' },
  at: () => 0,
};
