/** A body as text in the character set its Content-Type names, where that is not UTF-8. */
import type { Body } from '../timeline/body.ts';

/** @returns undefined where no character set is named, it is UTF-8 (the bytes are then the text), or it is not known */
export function bodyText(body: Body, contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType.length > 1024) return undefined;
  const charset = /;\s*charset\s*=\s*"?([A-Za-z0-9._:+-]{1,40})/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return undefined;
  try {
    return new TextDecoder(charset).decode(body.data.subarray(0, body.length));
  } catch {
    return undefined;
  }
}
