/** The parts of blessed and blessed-contrib that `screen.ts` uses; neither package has types of its own. */
declare module 'blessed' {
  import type { EventEmitter } from 'node:events';
  import type { Readable, Writable } from 'node:stream';

  export interface Key {
    name?: string;
    full?: string;
    ctrl?: boolean;
    meta?: boolean;
    shift?: boolean;
    sequence?: string;
  }

  export interface MouseData {
    action: 'mousedown' | 'mouseup' | 'mousemove' | 'wheelup' | 'wheeldown';
    button?: string;
    x: number;
    y: number;
    ctrl?: boolean;
    shift?: boolean;
  }

  export interface Program extends EventEmitter {
    on(event: 'keypress', listener: (character: string | undefined, key: Key) => void): this;
    on(event: 'mouse', listener: (data: MouseData) => void): this;
    on(event: 'resize', listener: () => void): this;
    setMode(mode: string): void;
    resetMode(mode: string): void;
    setMouse(modes: Record<string, boolean>, enable: boolean): void;
    disableMouse(): void;
    hideCursor(): void;
    showCursor(): void;
    flush(): void;
    destroy(): void;
    _write(text: string): void;
  }

  export interface Element {
    emit(event: string): void;
    detach(): void;
  }

  /** A cell: attributes and character. */
  export type Cell = [number, string];

  export interface Screen {
    lines: Cell[][];
    append(element: Element): void;
    remove(element: Element): void;
    render(): void;
    alloc(): void;
    program: Program;
  }

  export interface Blessed {
    screen(options: {
      input: Readable;
      output: Writable;
      terminal: string;
      fullUnicode: boolean;
      autoPadding: boolean;
      smartCSR: boolean;
    }): Screen;
  }
  const blessed: Blessed;
  export default blessed;
}

declare module 'blessed/lib/program.js' {
  import type { Readable, Writable } from 'node:stream';

  export default function program(options: {
    input: Readable;
    output: Writable;
    terminal: string;
    tput: boolean;
  }): import('blessed').Program;
}

type BlessedElement = import('blessed').Element;

declare module 'blessed-contrib/lib/widget/charts/bar.js' {
  interface Bar extends BlessedElement {
    setData(data: { titles: string[]; data: number[] }): void;
  }
  export default function bar(options: Record<string, unknown>): Bar;
}

declare module 'blessed-contrib/lib/widget/charts/line.js' {
  interface Series {
    title: string;
    x: string[];
    y: number[];
    style?: { line: string | number[] };
  }
  interface LineChart extends BlessedElement {
    setData(data: Series[]): void;
  }
  export default function line(options: Record<string, unknown>): LineChart;
}
