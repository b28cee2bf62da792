/** A close frame's payload as it arrives: two bytes of code, then a UTF-8 reason (RFC 6455 5.5.1). */
import { Utf8Validator } from './utf8.ts';

export class CloseBody {
  /** Valid once `size` is 2. */
  code = 0;
  /** Bytes seen. */
  size = 0;
  private readonly reason = new Utf8Validator();
  private reasonValid = true;
  private spoiled = false;

  get endsInsideCharacter(): boolean {
    return this.reasonValid && this.reason.insideCharacter;
  }

  /** Index in `data` of the reason's first byte that is not UTF-8, said once; else -1. */
  push(data: Uint8Array, start: number, end: number): number {
    if (this.spoiled) return -1;
    let at = start;
    for (; at < end && this.size < 2; at++, this.size++) this.code = (this.code << 8) | data[at]!;
    this.size += end - at;
    if (!this.reasonValid) return -1;
    const bad = this.reason.push(data, at, end);
    if (bad >= 0) this.reasonValid = false;
    return bad;
  }

  /** Bytes are missing here: what comes after them says nothing more about code or reason. */
  spoil(): void {
    this.spoiled = true;
    this.reasonValid = false;
  }
}
