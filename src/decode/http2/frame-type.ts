/** Numbers of HTTP/2 and their names: frame types, flags (RFC 9113 6, RFC 7838, RFC 8336, RFC 9218), error codes, settings. */

export const frameHeaderLength = 9;

export const FrameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
  altsvc: 0xa,
  origin: 0xc,
  priorityUpdate: 0x10,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

const typeNames: Readonly<Record<number, string>> = {
  0x0: 'DATA',
  0x1: 'HEADERS',
  0x2: 'PRIORITY',
  0x3: 'RST_STREAM',
  0x4: 'SETTINGS',
  0x5: 'PUSH_PROMISE',
  0x6: 'PING',
  0x7: 'GOAWAY',
  0x8: 'WINDOW_UPDATE',
  0x9: 'CONTINUATION',
  0xa: 'ALTSVC',
  0xc: 'ORIGIN',
  0x10: 'PRIORITY_UPDATE',
};

export function frameTypeName(type: number): string {
  return typeNames[type] ?? `type 0x${type.toString(16).padStart(2, '0')}`;
}

export const FrameFlag = {
  /** DATA, HEADERS. */
  endStream: 0x1,
  /** SETTINGS, PING. */
  ack: 0x1,
  /** HEADERS, PUSH_PROMISE, CONTINUATION. */
  endHeaders: 0x4,
  /** DATA, HEADERS, PUSH_PROMISE. */
  padded: 0x8,
  /** HEADERS. */
  priority: 0x20,
} as const;

export const ErrorCode = { noError: 0x0, refusedStream: 0x7, cancel: 0x8 } as const;

const errorNames = [
  'NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED',
  'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED',
]; // prettier-ignore

/** RFC 9113 7. */
export function errorName(code: number): string {
  return errorNames[code] ?? `error code 0x${code.toString(16)}`;
}

export const Setting = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
  enableConnectProtocol: 0x8,
  noRfc7540Priorities: 0x9,
} as const;

const settingNames: Readonly<Record<number, string>> = {
  0x1: 'HEADER_TABLE_SIZE',
  0x2: 'ENABLE_PUSH',
  0x3: 'MAX_CONCURRENT_STREAMS',
  0x4: 'INITIAL_WINDOW_SIZE',
  0x5: 'MAX_FRAME_SIZE',
  0x6: 'MAX_HEADER_LIST_SIZE',
  0x8: 'ENABLE_CONNECT_PROTOCOL',
  0x9: 'NO_RFC7540_PRIORITIES',
};

export function settingName(identifier: number): string {
  return settingNames[identifier] ?? `0x${identifier.toString(16).padStart(4, '0')}`;
}
