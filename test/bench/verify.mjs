/**
 * Holds a command's output against what is known to be in the capture. A count has to lie between what connections
 * without loss carried (`truth.intact`) and what was sent at all (`truth.total`); where nothing was lost these are one.
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { Tally } from './tally.mjs';

/**
 * What is wrong with a trace in JSON Lines; empty where nothing is.
 * @param {{ decoded: boolean }} options whether `decodedBytes` is held to account
 */
export async function checkTrace(path, truth, { decoded }) {
  const found = await readTrace(path);
  const failures = [];
  const expect = (name, value, low, high = low) => {
    if (value === undefined || value < low || value > high) {
      failures.push(`${name}: found ${value}, expected ${low === high ? low : `${low} to ${high}`}`);
    }
  };
  expect('invalid lines', found.invalid, 0);
  expect('connection records', found.records.connection ?? 0, truth.connections);
  expect('summary.packets', found.summary?.packets, truth.packets);
  expect('summary.bytes', found.summary?.bytes, truth.bytes - 24 - 16 * truth.packets);
  for (const type of ['connection', 'exchange', 'frame', 'message']) {
    expect(`summary.${type}s`, found.summary?.[`${type}s`], found.records[type] ?? 0);
  }
  const tally = flat(found.tally.toJSON());
  const total = flat(truth.total);
  const intact = flat(truth.intact);
  if (!decoded) delete total.decodedBytes;
  for (const [name, high] of Object.entries(total)) expect(name, tally[name] ?? 0, intact[name] ?? 0, high);
  for (const name of Object.keys(tally)) if (!(name in flat(truth.total))) expect(name, tally[name], 0);
  return failures;
}

/** What is wrong with a summary for people: the counts have to stand in it, with or without separators. */
export function checkSummary(path, truth) {
  const text = fs.readFileSync(path, 'utf8').replaceAll(/(?<=\d)[,_'\u00a0\u202f](?=\d{3})/g, '');
  const numbers = new Set((text.match(/\d+/g) ?? []).map(Number));
  const wanted = { packets: truth.packets, connections: truth.connections };
  if (truth.total.requests === truth.intact.requests) Object.assign(wanted, exact(truth.total));
  return Object.entries(wanted)
    .filter(([, value]) => value > 0 && !numbers.has(value))
    .map(([name, value]) => `${name}: ${value} is not in the summary`);
}

function exact({ requests, frames, statuses }) {
  return { exchanges: requests, frames, 'status 200': statuses[200] ?? 0 };
}

async function readTrace(path) {
  const found = { invalid: 0, records: {}, tally: new Tally(), summary: undefined };
  for await (const line of createInterface({ input: fs.createReadStream(path, { highWaterMark: 1 << 20 }) })) {
    let record;
    try {
      record = JSON.parse(line);
    } catch {
      found.invalid++;
      continue;
    }
    found.records[record.type] = (found.records[record.type] ?? 0) + 1;
    count(found, record);
  }
  return found;
}

function count(found, record) {
  const { tally } = found;
  switch (record.type) {
    case 'exchange':
      if (record.request !== null)
        tally.request(record.request.method, record.request.bodyBytes, record.request.decodedBytes);
      if (record.response !== null) {
        tally.response(record.response.status, record.response.bodyBytes, record.response.decodedBytes);
      }
      break;
    case 'upgrade':
      if (record.outcome === 'accepted') tally.upgrades++;
      break;
    case 'frame':
      tally.frame(record.payloadLength, false);
      break;
    case 'message':
      tally.messages++;
      break;
    case 'summary':
      found.summary = record;
      break;
  }
}

/** Counts by name: `statuses 200` for one of several. */
function flat(tally) {
  const counts = {};
  for (const [name, value] of Object.entries(tally)) {
    if (typeof value === 'number') counts[name] = value;
    else for (const [key, number] of Object.entries(value)) counts[`${name} ${key}`] = number;
  }
  return counts;
}
