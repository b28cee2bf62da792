/** Resources inferred from paths (`/items/17` and `/items/18` are `/items/{id}`), and what was done to each. */
import { latin1 } from '../core/bytes.ts';
import type { ExchangeRecord } from '../timeline/records.ts';
import { Distribution } from './distribution.ts';

const mostResources = 2000;
const longestPath = 512;

export const operations = ['create', 'read', 'update', 'delete', 'other'] as const;
export type Operation = (typeof operations)[number];

const operationOf: Readonly<Record<string, Operation>> = {
  POST: 'create',
  GET: 'read',
  HEAD: 'read',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

export interface Resource {
  readonly path: string;
  count: number;
  readonly operations: Record<Operation, number>;
  /** By class of status: 1xx at 1, up to 5xx; no response at 0. */
  readonly statuses: number[];
  readonly latency: Distribution;
  /** POST requests that were answered with content, and created nothing. */
  reads: number;
}

export class Resources {
  /** Exchanges of resources beyond the bound. */
  others = 0;
  private readonly resources = new Map<string, Resource>();

  exchange(record: ExchangeRecord): void {
    const { request, response } = record;
    if (!request.present) return;
    const path = templateOf(pathOf(record));
    let resource = this.resources.get(path);
    if (resource === undefined) {
      if (this.resources.size >= mostResources) {
        this.others++;
        return;
      }
      this.resources.set(path, (resource = newResource(path)));
    }
    resource.count++;
    const operation = operationOf[request.method] ?? 'other';
    resource.operations[operation]++;
    resource.statuses[response.present ? Math.min(5, Math.floor(response.status / 100)) : 0]!++;
    if (operation === 'create' && response.status === 200 && response.bodyBytes > 0) resource.reads++;
    const wait = record.wait;
    if (wait !== undefined) resource.latency.add(Math.max(0, wait));
  }

  /** The most asked for first. */
  entries(): Resource[] {
    return [...this.resources.values()].sort((a, b) => b.count - a.count || (a.path < b.path ? -1 : 1));
  }
}

function newResource(path: string): Resource {
  const none = { create: 0, read: 0, update: 0, delete: 0, other: 0 };
  return { path, count: 0, operations: none, statuses: [0, 0, 0, 0, 0, 0], latency: new Distribution(), reads: 0 };
}

/** The target's path, without scheme, authority and query. */
function pathOf({ request: { head } }: ExchangeRecord): string {
  const target = latin1(head.data, head.targetStart, Math.min(head.targetEnd, head.targetStart + longestPath));
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** Segments that name one of many: numbers, UUIDs, hashes, dates. */
export function templateOf(path: string): string {
  if (!/\d|[0-9a-f]{16}/i.test(path)) return path;
  return path.split('/').map(segmentOf).join('/');
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [
    /^\d{4}-(?:0\d|1[0-2])(?:-[0-3]\d(?:T\d\d(?:(?::|%3a)?\d\d){0,2}(?:\.\d+)?(?:Z|(?:[+-]|%2b)\d\d(?:(?::|%3a)?\d\d)?)?)?)?$/i,
    '{date}',
  ],
  [/^-?\d+$/, '{id}'],
  [/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, '{uuid}'],
  [/^(?=.*\d)[0-9a-f]{16,}$/i, '{hash}'],
  [/^[0-9A-HJKMNP-TV-Z]{26}$/, '{ulid}'],
];

function segmentOf(segment: string): string {
  return kinds.find(([pattern]) => pattern.test(segment))?.[1] ?? segment;
}
