/** One exchange as the trace format writes it. */
import { JsonlExporter } from '../export/jsonl.ts';
import type { CaptureFacts, ExchangeRecord } from '../timeline/records.ts';
import { version } from './version.ts';

export function exchangeJson(record: ExchangeRecord, facts: CaptureFacts, maxBody: number): string {
  let text = '';
  const output = {
    write(data: Uint8Array, start: number, end: number): void {
      text += Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('utf8');
    },
    end() {},
  };
  const exporter = new JsonlExporter(output, version, maxBody);
  // Times in the trace format count from the capture's epoch.
  exporter.capture(facts);
  exporter.flush();
  text = '';
  exporter.exchange(record);
  exporter.flush();
  return text.trim();
}
