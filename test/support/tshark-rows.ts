/** What tshark shows of a capture: its packets, and per connection the requests, responses and WebSocket frames. */
import { spawnSync } from 'node:child_process';

export const tsharkIsThere = spawnSync('tshark', ['-v'], { stdio: 'ignore' }).status === 0;

export interface TsharkPacket {
  readonly number: number;
  /** `tcp.stream`; -1 where the packet has none. */
  readonly stream: number;
  /** Seconds since the epoch, as text. */
  readonly time: string;
  /** The sender's `ip:port`, IPv6 in brackets. */
  readonly source: string;
  /** Of all fields below, the values in the order they occur in the packet. */
  readonly values: Readonly<Record<FieldName, readonly string[]>>;
}

const fields = {
  number: 'frame.number',
  time: 'frame.time_epoch',
  stream: 'tcp.stream',
  ip: 'ip.src',
  ipv6: 'ipv6.src',
  port: 'tcp.srcport',
  method: 'http.request.method',
  uri: 'http.request.uri',
  host: 'http.host',
  status: 'http.response.code',
  fin: 'websocket.fin',
  opcode: 'websocket.opcode',
  mask: 'websocket.mask',
  length: 'websocket.payload_length',
  length16: 'websocket.payload_length_ext_16',
  length64: 'websocket.payload_length_ext_64',
  method2: 'http2.headers.method',
  path2: 'http2.headers.path',
  status2: 'http2.headers.status',
} as const;
type FieldName = keyof typeof fields;

const aggregator = '\x1f';

export function tsharkPackets(path: string): TsharkPacket[] {
  const columns = Object.values(fields).flatMap((field) => ['-e', field]);
  const layout = ['-T', 'fields', '-E', 'separator=/t', '-E', `aggregator=${aggregator}`];
  const { stdout } = spawnSync(
    'tshark',
    ['-n', '-r', path, '-o', 'tcp.reassemble_out_of_order:TRUE', ...layout, ...columns],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(packetOf);
}

function packetOf(line: string): TsharkPacket {
  const cells = line.split('\t').map((cell) => (cell === '' ? [] : cell.split(aggregator)));
  const values = Object.fromEntries(Object.keys(fields).map((name, i) => [name, cells[i] ?? []])) as Record<
    FieldName,
    string[]
  >;
  const last = (name: FieldName): string | undefined => values[name].at(-1);
  const address = last('ipv6') === undefined ? last('ip') : `[${last('ipv6')}]`;
  return {
    number: Number(last('number')),
    stream: Number(last('stream') ?? -1),
    time: last('time')!,
    source: `${address}:${last('port')}`,
    values,
  };
}

/** Rows as `oracle-rows.ts` writes them. */
export function tsharkRows(packets: readonly TsharkPacket[]): string[] {
  return packets.filter(({ stream }) => stream >= 0).flatMap(rowsOf);
}

function rowsOf({ stream, source, values }: TsharkPacket): string[] {
  const extended = { 126: values.length16.values(), 127: values.length64.values() };
  const lengthOf = (length: string): string =>
    length === '126' || length === '127' ? extended[length].next().value! : length;
  return [
    ...values.method.map((method, i) => `${stream} request ${method} ${values.uri[i]}`),
    ...values.host.map((host) => `${stream} host ${host}`),
    ...values.status.map((status) => `${stream} response ${status}`),
    ...values.method2.map((method, i) => `${stream} h2 request ${method} ${values.path2[i]}`),
    ...values.status2.map((status) => `${stream} h2 response ${status}`),
    ...values.opcode.map(
      (opcode, i) =>
        `${stream} frame from ${source}: opcode ${opcode} fin ${values.fin[i]} mask ${values.mask[i]} length ${lengthOf(values.length[i]!)}`,
    ),
  ];
}
