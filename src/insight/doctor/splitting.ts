/** Line ends smuggled into a head by way of the request target, and whether the response came out split (RFC 9112 11.1). */
import { latin1 } from '../../core/bytes.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { asked, type Findings } from './findings.ts';

const longestTarget = 4096;
/** An encoded line end, and the field that is to stand behind it. */
const lineEnd = /%0[ad](?:%0a)?(?:([!#$&'*+.^_`|~\w-]{1,64})(?::|%3a)(?:%20|\+| )*([^&#%+ ]{0,64}))?/i;

/** Of a target with an escaped octet in it. */
export function judgeSplitting(record: ExchangeRecord, findings: Findings): void {
  const { data, targetStart, targetEnd } = record.request.head;
  const target = latin1(data, targetStart, Math.min(targetEnd, targetStart + longestTarget));
  const found = lineEnd.exec(target);
  if (found === null) return;
  const [, name, value = ''] = found;
  if (name !== undefined && cameOut(record, name, value)) {
    const detail = () => `${asked(record)}: the field ${name} of the response is the request's own`;
    findings.exchange(record, 'security.response-split', server, detail);
  } else findings.exchange(record, 'security.line-end-in-target', client, () => asked(record));
}

function cameOut({ response }: ExchangeRecord, name: string, value: string): boolean {
  if (!response.present) return false;
  const wanted = name.toLowerCase();
  return response.headers.some(([field, text]) => field.toLowerCase() === wanted && text.startsWith(value));
}
