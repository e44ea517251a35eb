/** What lies below a prefix of a bucket: counted page by page, and deleted for good. Loaded when it is needed. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  type ObjectIdentifier,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PrefixData } from '../core/observation.ts';
import { absent, found, type Reading } from '../core/reading.ts';
import { OutsideError, type Aws } from '../provisioning/ports.ts';
import { act, read } from './roles.ts';

/** Entries of a page of a listing, and of a call that deletes (S3 API Reference: 1,000 at most). */
const PAGE = 1_000;

/** What one call deletes. */
interface Entry {
  readonly id: ObjectIdentifier;
  readonly bytes: number;
  readonly is: 'object' | 'version' | 'marker';
}
type Page = readonly Entry[];

/** A prefix must end with a slash: "team-a" is that of team-ab, too. Throws {@link OutsideError}. */
function checked(prefix: string): void {
  if (!/^[^/].*\/$/.test(prefix))
    throw new OutsideError(`"${prefix}" is not the prefix of a profile: nothing was deleted.`, 'NoPrefix');
}

/**
 * Pages of objects with all of their versions. What is named without its version is deleted as in a bucket that keeps none; where it
 * keeps some, a mark of deletion takes its place, which is on the next page.
 */
async function* versions(s3: S3Client, Bucket: string, Prefix: string): AsyncGenerator<Page> {
  let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix, MaxKeys: PAGE, ...at }));
    yield [
      ...(page.Versions ?? []).map(({ Key, VersionId, Size = 0, IsLatest }): Entry => {
        const isNow = IsLatest !== false;
        const named = VersionId !== undefined && (VersionId !== 'null' || !isNow);
        return { id: { Key, ...(named ? { VersionId } : {}) }, bytes: Size, is: isNow ? 'object' : 'version' };
      }),
      ...(page.DeleteMarkers ?? []).map(({ Key, VersionId }): Entry => ({
        id: { Key, VersionId },
        bytes: 0,
        is: 'marker',
      })),
    ];
    if (page.IsTruncated !== true) return;
    at = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

/** Pages of objects as they are now. */
async function* objects(s3: S3Client, Bucket: string, Prefix: string): AsyncGenerator<Page> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3, pageSize: PAGE }, { Bucket, Prefix }))
    yield Contents.map(({ Key, Size = 0 }): Entry => ({ id: { Key }, bytes: Size, is: 'object' }));
}

interface Upload {
  readonly Key: string;
  readonly UploadId: string;
}
async function* uploads(s3: S3Client, Bucket: string, Prefix: string): AsyncGenerator<readonly Upload[]> {
  let at: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...at }));
    yield (page.Uploads ?? []).flatMap(({ Key, UploadId }) =>
      Key === undefined || UploadId === undefined ? [] : [{ Key, UploadId }],
    );
    if (page.IsTruncated !== true) return;
    at = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

/** Numbers of what is on pages, read until there is more than `most`. */
async function counted(pages: AsyncIterable<Page>, most: number) {
  const counts = { objects: 0, versions: 0, markers: 0, bytes: 0, more: false };
  for await (const page of pages) {
    for (const { bytes, is } of page) {
      counts[`${is}s`]++;
      counts.bytes += bytes;
    }
    if (counts.objects + counts.versions + counts.markers > most) return { ...counts, more: true };
  }
  return counts;
}

async function firstOf<T>(pages: AsyncGenerator<readonly T[]>): Promise<readonly T[]> {
  for await (const page of pages) return page;
  return [];
}

const isDenied = (error: unknown): boolean => error instanceof OutsideError && error.permission !== undefined;

/** The calls of {@link Aws} that are about all that lies below a prefix. */
export function awsData(client: (region: string) => S3Client): Pick<Aws, 'prefixData' | 'deletePrefix'> {
  return {
    prefixData: async (bucket, region, prefix, most): Promise<Reading<PrefixData>> => {
      checked(prefix);
      const s3 = client(region);
      const [all, begun] = await Promise.all([
        read('s3:ListBucketVersions', async () => found(await counted(versions(s3, bucket, prefix), most))),
        read('s3:ListBucketMultipartUploads', async () => {
          let count = 0;
          for await (const page of uploads(s3, bucket, prefix)) {
            count += page.length;
            if (count > most) break;
          }
          return found(count);
        }),
      ]);
      const now =
        all.state === 'denied'
          ? await read('s3:ListBucket', async () => found(await counted(objects(s3, bucket, prefix), most)))
          : all;
      if (now.state !== 'found') return now;
      if (begun.state === 'failed') return begun;
      const { more, ...numbers } = now.value;
      const unread = [all, begun].flatMap((one) => (one.state === 'denied' ? [one.permission] : []));
      const count = begun.state === 'found' ? begun.value : 0;
      // What may not be listed may be there.
      if (unread.length === 0 && count + numbers.objects + numbers.versions + numbers.markers === 0) return absent;
      return found({
        ...{ bucket, prefix, region },
        ...numbers,
        uploads: count,
        ...(more ? { more: true as const } : {}),
        ...(unread.length === 0 ? {} : { unread }),
      });
    },

    deletePrefix: async (bucket, region, prefix, signal) => {
      checked(prefix);
      const s3 = client(region);
      const stop = (): void => {
        if (signal?.aborted === true) throw new OutsideError('Cancelled.', 'Cancelled');
      };
      const pageOf = (pages: typeof versions, action: string): Promise<Page> =>
        act(action, () => firstOf(pages(s3, bucket, prefix)));
      const withVersions = (): Promise<Page> => pageOf(versions, 's3:ListBucketVersions');
      // Who may not list versions deletes what is there now; the plan has said so.
      const first = await withVersions().catch((error: unknown) => {
        if (!isDenied(error)) throw error;
        return undefined;
      });
      const next = first === undefined ? () => pageOf(objects, 's3:ListBucket') : withVersions;
      // What was deleted is not listed again: it is always the first page.
      for (let page = first ?? (await next()); page.length > 0; page = await next()) {
        stop();
        if (page.some(({ id }) => id.Key?.startsWith(prefix) !== true))
          throw new OutsideError(`S3 listed what is not below ${prefix}: that is not deleted.`, 'NoPrefix');
        await deleteAll(s3, bucket, page);
      }
      const begun = await act('s3:ListBucketMultipartUploads', async () => {
        const all: Upload[] = [];
        for await (const some of uploads(s3, bucket, prefix)) all.push(...some);
        return all;
      }).catch((error: unknown) => {
        if (!isDenied(error)) throw error;
        return [];
      });
      for (const upload of begun) {
        stop();
        await act('s3:AbortMultipartUpload', async () => {
          await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload })).catch((error: unknown) => {
            if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
          });
        });
      }
    },
  };
}

/** Deletes what is on a page. Throws where one of it stays, such as what Object Lock keeps. */
const deleteAll = (s3: S3Client, Bucket: string, page: Page): Promise<void> =>
  act(page.some(({ id }) => id.VersionId !== undefined) ? 's3:DeleteObjectVersion' : 's3:DeleteObject', async () => {
    const Delete = { Objects: page.map(({ id }) => id), Quiet: true };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
    const [first] = Errors;
    if (first === undefined) return;
    const said = `${Errors.length} of ${page.length} stay, such as ${first.Key ?? '?'}: ${first.Message ?? ''}`;
    throw Object.assign(new Error(said), { name: first.Code ?? 'NotDeleted' });
  });
