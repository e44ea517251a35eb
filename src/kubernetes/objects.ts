import type { Namespace, ServiceAccount } from '../core/observation.ts';

/** Metadata of any Kubernetes object, as far as it is read here. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly resourceVersion?: string;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly finalizers?: readonly string[];
}
export interface Resource {
  readonly metadata: Metadata;
}

/** What a namespace says about its profile. */
export const namespaceOf = ({ metadata }: Resource): Namespace => {
  const owner = metadata.annotations?.['owner'];
  return {
    name: metadata.name,
    deleting: metadata.deletionTimestamp !== undefined,
    ...(owner === undefined ? {} : { owner }),
  };
};
export const serviceAccountOf = ({ metadata }: Resource): ServiceAccount => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  annotations: metadata.annotations ?? {},
});
