/**
 * What a server says to a request for an upgrade: the proxy must know whether requests go on after it. Interim responses
 * come before the answer (RFC 9110 15.2); 101 is the answer itself.
 */

const headLimit = 64 * 1024;

export class UpgradeAnswer {
  private text = '';

  /** @returns whether the protocol is switched; undefined while that is not known */
  read(chunk: Buffer): boolean | undefined {
    this.text += chunk.toString('latin1', 0, headLimit);
    for (;;) {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(this.text)?.[1];
      if (status === undefined) return this.text.length < 12 ? undefined : false;
      if (!status.startsWith('1')) return false;
      if (status === '101') return true;
      const end = /\r?\n\r?\n/.exec(this.text);
      if (end === null) return this.text.length < headLimit ? undefined : false;
      this.text = this.text.slice(end.index + end[0].length);
    }
  }
}
