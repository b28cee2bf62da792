/** Connections that are to be looked at again at a given time, in the order they were added (all wait equally long). */
export class ClosingQueue {
  /** Id of the connection taken last: the slot may have been reused since it was added. */
  id = -1;
  size = 0;

  private slots = new Int32Array(1024);
  private ids = new Int32Array(1024);
  private times = new Float64Array(1024);
  private head = 0;

  add(slot: number, id: number, time: number): void {
    if (this.size === this.slots.length) this.grow();
    const at = (this.head + this.size++) & (this.slots.length - 1);
    this.slots[at] = slot;
    this.ids[at] = id;
    this.times[at] = time;
  }

  /** Whether the first has waited until `now`. */
  due(now: number): boolean {
    return this.size > 0 && this.times[this.head]! <= now;
  }

  /** Takes the first: its slot, with `id` set. */
  take(): number {
    const at = this.head;
    this.head = (at + 1) & (this.slots.length - 1);
    this.size--;
    this.id = this.ids[at]!;
    return this.slots[at]!;
  }

  private grow(): void {
    const length = this.slots.length;
    const slots = new Int32Array(length * 2);
    const ids = new Int32Array(length * 2);
    const times = new Float64Array(length * 2);
    for (let i = 0; i < length; i++) {
      const at = (this.head + i) & (length - 1);
      slots[i] = this.slots[at]!;
      ids[i] = this.ids[at]!;
      times[i] = this.times[at]!;
    }
    this.slots = slots;
    this.ids = ids;
    this.times = times;
    this.head = 0;
  }
}
