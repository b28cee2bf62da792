import { expect, test } from 'vitest';
import { KeptDetails } from '../../src/timeline/kept-details.ts';
import type { Place } from '../../src/timeline/details.ts';
import * as build from '../support/records.ts';

const nowhere: Place = {
  connectionPacket: 0,
  client: '',
  server: '',
  stream: -1,
  firstPacket: 0,
  lastPacket: 0,
  nth: 0,
};
const { signal } = new AbortController();

function heard(kept: KeptDetails, id: number, body = ''): void {
  const request = `GET /${id} HTTP/1.1\r\nHost: host-${id}\r\n\r\n`;
  const response = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${body}`;
  const client = `192.0.2.${id % 200}:4000`;
  kept.exchange(build.exchange({ id, client, request, response, times: [id, id + 1, id + 2, id + 3] }));
}

test('the latest are kept as they were, whatever came after them', async () => {
  const kept = new KeptDetails();
  for (let id = 1; id <= 20_000; id++) heard(kept, id, `body ${id}`);
  for (const id of [20_000, 19_999, 15_000]) {
    const detail = (await kept.source.exchange(nowhere, id, signal))!;
    expect([detail.method, detail.url, detail.client, detail.status]).toEqual(['GET', `http://host-${id}/${id}`, `192.0.2.${id % 200}:4000`, 200]);
    expect(Buffer.from(detail.response!.body).toString()).toBe(`body ${id}`);
    expect([detail.wait, detail.response!.contentType, detail.state]).toEqual([1, 'text/plain', 'complete']);
  }
  expect(await kept.source.exchange(nowhere, 1, signal)).toBeUndefined();
}); // prettier-ignore

test('large bodies leave before the bound is passed', async () => {
  const kept = new KeptDetails(1 << 20);
  for (let id = 1; id <= 100; id++) heard(kept, id, 'x'.repeat(60_000));
  const there = await Promise.all(Array.from({ length: 100 }, (_, i) => kept.source.exchange(nowhere, i + 1, signal)));
  const count = there.filter((detail) => detail !== undefined).length;
  expect(count).toBeGreaterThan(5);
  expect(count).toBeLessThan(18);
  expect(there[99]?.response?.body.length).toBe(60_000);
});

test('messages are found by their row', async () => {
  const kept = new KeptDetails();
  for (let i = 0; i < 17_000; i++) kept.message(build.message({ id: i + 1, data: `message ${i}`, kind: 'text' }));
  const text = async (row: number): Promise<string | undefined> => {
    const detail = await kept.source.message(nowhere, 0, row, signal);
    return detail === undefined ? undefined : Buffer.from(detail.body).toString();
  };
  expect([await text(16_999), await text(1000), await text(1)]).toEqual(['message 16999', 'message 1000', undefined]);
});
