/** What is kept of a session that cannot be read again, as details and as text of the trace format. */
import type { DetailSource } from '../timeline/details.ts';
import type { KeptDetails } from '../timeline/kept-details.ts';
import type { Timeline } from '../timeline/timeline.ts';

export function keptSource(kept: KeptDetails, timeline: Timeline, maxBody: number): DetailSource {
  return {
    ...kept.source,
    json: async (_place, id) => {
      const { exchangeJson } = await import('./exchange-json.ts');
      // Asked for now: the record is written over when others come.
      const record = kept.record(id);
      return record === undefined || timeline.facts === undefined
        ? undefined
        : exchangeJson(record, timeline.facts, maxBody);
    },
  };
}
