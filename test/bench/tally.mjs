/** What conversations put on the wire, in the words of the trace format's summary. */

export class Tally {
  requests = 0;
  responses = 0;
  /** Counts by status and by method; maps, since a million of these may be held at once. */
  statuses = new Map();
  methods = new Map();
  /** Content bytes of requests and responses: as sent, and with content codings removed. */
  bodyBytes = 0;
  decodedBytes = 0;
  upgrades = 0;
  frames = 0;
  messages = 0;
  /** Payload bytes of all frames, control frames too. */
  payloadBytes = 0;

  request(method, bodyBytes, decodedBytes = bodyBytes) {
    this.requests++;
    increase(this.methods, method, 1);
    this.bodyBytes += bodyBytes;
    this.decodedBytes += decodedBytes;
  }

  response(status, bodyBytes, decodedBytes = bodyBytes) {
    this.responses++;
    increase(this.statuses, status, 1);
    this.bodyBytes += bodyBytes;
    this.decodedBytes += decodedBytes;
  }

  /** `endsMessage`: the last frame of a data message, or a control frame. */
  frame(payloadBytes, endsMessage) {
    this.frames++;
    this.payloadBytes += payloadBytes;
    if (endsMessage) this.messages++;
  }

  add(other) {
    for (const [name, value] of Object.entries(other)) {
      if (typeof value === 'number') this[name] += value;
      else for (const [key, count] of value) increase(this[name], key, count);
    }
  }

  toJSON() {
    return {
      ...Object.fromEntries(Object.entries(this)),
      statuses: Object.fromEntries(this.statuses),
      methods: Object.fromEntries(this.methods),
    };
  }
}

function increase(counts, key, by) {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
