/** Whether a response was there before it was asked for (static) or made for the request (dynamic), and what tells. */
import { latin1 } from '../core/bytes.ts';
import { KnownField, findField } from '../core/http.ts';
import type { ExchangeRecord } from '../timeline/records.ts';
import { Field, FieldIndex } from './doctor/field-index.ts';

export interface ContentOrigin {
  readonly kind: 'static' | 'dynamic' | 'unknown';
  readonly reason: string;
}

const staticPath =
  /\.(?:css|m?js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|pdf|zip|gz|wasm|txt)$/i;
const dynamicPath = /\.(?:php\d?|aspx?|ashx|jspx?|do|cgi|pl|cfm)$/i;
const staticType = /^(?:image|font|audio|video)\/|^text\/css|javascript/i;
const frameworks =
  /php|asp\.net|express|servlet|jsp|rails|django|flask|werkzeug|gunicorn|uvicorn|laravel|next\.js|kestrel|tomcat|jetty/i;

const fields = new FieldIndex();

/**
 * Judges one exchange; the surest sign decides.
 *
 * @param varies whether an equal request has had another answer, close by
 */
export function contentOrigin(record: ExchangeRecord, varies = false): ContentOrigin {
  const { request, response } = record;
  if (!response.present) return { kind: 'unknown', reason: 'no response' };
  const method = request.method;
  if (method !== 'GET' && method !== 'HEAD')
    return { kind: 'dynamic', reason: `${/^[AEIOU]/.test(method) ? 'an' : 'a'} ${method} is worked on` };
  if (varies) return { kind: 'dynamic', reason: 'equal requests get different answers' };
  fields.use(response.head);
  const path = pathOf(record);
  return madeForRequest(record, path) ?? lyingReady(record, path) ?? { kind: 'unknown', reason: 'nothing tells' };
}

function madeForRequest({ request, response }: ExchangeRecord, path: string): ContentOrigin | undefined {
  const dynamic = (reason: string): ContentOrigin => ({ kind: 'dynamic', reason });
  if (findField(response.head, KnownField.setCookie) >= 0) return dynamic('sets a cookie');
  const software = frameworks.exec(fields.value(Field.poweredBy) ?? fields.value(Field.server) ?? '')?.[0];
  if (dynamicPath.test(path)) return dynamic(`the path ends in ${path.slice(path.lastIndexOf('.'))}`);
  if (/no-store|private/i.test(fields.value(Field.cacheControl) ?? '')) return dynamic('must not be shared or stored');
  if (/\bcookie\b|\bauthorization\b/i.test(fields.value(Field.vary) ?? '')) return dynamic('varies by who asks');
  if (/event-stream|ndjson/.test(response.mediaType ?? '')) return dynamic(`is ${response.mediaType!}`);
  const query = request.target.includes('?');
  if (/json|xml/.test(response.mediaType ?? '') && !fields.has(Field.lastModified))
    return dynamic(`is ${response.mediaType!}`);
  if (software !== undefined && !fields.has(Field.lastModified)) return dynamic(`made by ${software}`);
  return query && !fields.has(Field.lastModified) && !staticPath.test(path) ? dynamic('answers a query') : undefined;
}

function lyingReady({ response }: ExchangeRecord, path: string): ContentOrigin | undefined {
  const still = (reason: string): ContentOrigin => ({ kind: 'static', reason });
  if (response.status === 304) return still('not modified');
  if (fields.has(Field.lastModified) && fields.has(Field.etag)) return still('has Last-Modified and ETag');
  if (staticPath.test(path)) return still(`the path ends in ${path.slice(path.lastIndexOf('.'))}`);
  if (/immutable|max-age=\d{4,}/i.test(fields.value(Field.cacheControl) ?? '')) return still('may be kept for long');
  if (staticType.test(response.mediaType ?? '')) return still(`is ${response.mediaType!}`);
  return fields.has(Field.lastModified) ? still('has Last-Modified') : undefined;
}

function pathOf({ request: { head } }: ExchangeRecord): string {
  const target = latin1(head.data, head.targetStart, Math.min(head.targetEnd, head.targetStart + 1024));
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}
