/** The export formats. To add one: a file with a class, and an entry here. */
import type { RecordSink } from '../timeline/records.ts';
import { JsonExporter } from './json.ts';
import { JsonlExporter } from './jsonl.ts';
import type { Output } from './output.ts';

export interface Exporter extends RecordSink {
  /** Writes what can be written already: called between blocks of input. */
  flush(): void;
  /** Lets go of what is not memory, also where the export did not come to its end. */
  close?(): void;
}

export interface ExporterSettings {
  /** The product's version, named as the trace's creator. */
  readonly version: string;
  /** Bytes of each body and payload that are written. */
  readonly maxBody: number;
}

export interface ExportFormat {
  readonly description: string;
  create(output: Output, settings: ExporterSettings): Exporter;
}

/** By the name `--format` takes; an output file's extension is the same. */
export const exportFormats: Readonly<Record<string, ExportFormat>> = {
  jsonl: {
    description: 'JSON Lines: one record a line, written while the capture is read',
    create: (output, { version, maxBody }) => new JsonlExporter(output, version, maxBody),
  },
  json: {
    description: 'one JSON document of all records',
    create: (output, { version, maxBody }) => new JsonExporter(output, version, maxBody),
  },
};
