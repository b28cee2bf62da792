/** Why a request for an upgrade got no answer, told when its exchange has ended: a person's next step differs. */
import type { ExchangeRecord } from './records.ts';

/** Whoever opens a WebSocket waits about this long: shorter than the limits of browsers, proxies and libraries. */
const patience = 10e9;

/**
 * `late`: not answered in time, whether the connection then ended or the capture. `closed`: the connection ended first.
 * `reset`: the HTTP/2 stream was. `cut`: the capture ends too soon to tell.
 */
export type Silence = 'late' | 'closed' | 'reset' | 'cut';

/** Of an exchange without a response that has ended. */
export function silenceOf(record: ExchangeRecord): Silence {
  if (record.stream >= 0 && record.state === 'reset') return 'reset';
  if (record.endedAt - record.request.time >= patience) return 'late';
  return record.state === 'open' ? 'cut' : 'closed';
}

export const silences: Readonly<Record<Silence, string>> = {
  late: 'no answer in time',
  closed: 'the connection ended without an answer',
  reset: 'the stream was reset instead of an answer',
  cut: 'the capture ends before an answer',
};
