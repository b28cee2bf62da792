export const hasTmux: boolean;

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  environment?: Record<string, string>;
}

export class Terminal {
  constructor(command: string, options?: TerminalOptions);
  line(text: string): void;
  type(text: string): void;
  key(...names: string[]): void;
  resize(columns: number, rows: number): void;
  screen(): string;
  colours(): string;
  shows(wanted: string | ((screen: string) => boolean), withinMs?: number): Promise<string>;
  clipboard(): string;
  fact(name: string): string;
  close(): void;
}
