/** What conversations put on the wire, in the words of the trace format's summary. */

export class Tally {
  requests = 0;
  responses = 0;
  statuses = {};
  methods = {};
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
    this.methods[method] = (this.methods[method] ?? 0) + 1;
    this.bodyBytes += bodyBytes;
    this.decodedBytes += decodedBytes;
  }

  response(status, bodyBytes, decodedBytes = bodyBytes) {
    this.responses++;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
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
      else for (const [key, count] of Object.entries(value)) this[name][key] = (this[name][key] ?? 0) + count;
    }
  }
}
