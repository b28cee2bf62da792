/** tshark as a second opinion: the TCP segments it sees in a capture, ICMP errors left out. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

export const tsharkIsThere = succeeds('tshark', ['-v']);

const fields = ['frame.number', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw', 'tcp.len', 'frame.protocols'];

/** `packet srcPort dstPort seq length`, a line a segment. */
export async function tsharkSegments(path: string): Promise<string[]> {
  const columns = fields.flatMap((field) => ['-e', field]);
  const run = promisify(execFile)('tshark', ['-n', '-r', path, '-Y', 'tcp', '-T', 'fields', ...columns], {
    maxBuffer: 1 << 28,
  });
  // It exits with 2 where the capture is cut, and has then printed what there was.
  const output = await run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  return output.split('\n').flatMap(segments);
}

/** A field that occurs more than once in a packet has its values joined by commas. */
function segments(line: string): string[] {
  const [number, srcPort = '', dstPort = '', seq = '', length = '', protocols = ''] = line.split('\t');
  if (number === undefined || length === '' || protocols.includes('icmp')) return [];
  return length
    .split(',')
    .map((one, i) => [number, srcPort.split(',')[i], dstPort.split(',')[i], seq.split(',')[i], one].join(' '));
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
