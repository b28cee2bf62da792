/** wirescope as a library. */
export { analyze } from './cli/analyze-records.ts';
export { analyzeTo, type AnalyzeOptions } from './cli/analyze.ts';
export { Doctor } from './insight/doctor/doctor.ts';
export { CaptureError, UsageError } from './core/errors.ts';
export { diagnostics, type DiagnosticCode, type DiagnosticEntry, type Severity } from './core/diagnostics.ts';
export type {
  CaptureFacts,
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  HttpMessage,
  MessageRecord,
  RecordSink,
  SummaryRecord,
  UpgradeRecord,
} from './timeline/records.ts';
export type {
  CaptureJson,
  ConnectionJson,
  DiagnosticJson,
  ExchangeJson,
  FrameJson,
  MessageJson,
  RecordJson,
  RequestJson,
  ResponseJson,
  SummaryJson,
  UpgradeJson,
} from './timeline/trace-format.ts';
