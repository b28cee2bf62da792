/** Conversations to come, each as [bytes it will take in the file, its steps]. */
import { browsing, downloads } from './http-traffic.mjs';
import { tls } from './noise.mjs';
import { chat } from './websocket-traffic.mjs';

/** Bytes in the file, on average: a request with its answer, a connection's own packets, a WebSocket message. */
const exchangeBytes = 655;
const connectionBytes = 560;
const messageBytes = 800;
const tlsRecordBytes = 3500;

/** At least one, exponentially distributed. */
export function many(world, mean) {
  return Math.max(1, Math.floor(world.random.exponential(mean)));
}

export function browse(world, { pool }, exchanges, options = {}) {
  return [connectionBytes + exchanges * exchangeBytes, browsing(world, { pool, exchanges, ...options })];
}

export function talk(world, { pool }, messages, large) {
  const bytes = connectionBytes + messages * (messageBytes + (large - 0.002) * 175_000);
  return [bytes, chat(world, { pool, messages, large })];
}

/** A third plain, a third chunked, a third gzip, half of that chunked. */
export function download(world, { pool }, count, low, high) {
  const { random } = world;
  const files = Array.from({ length: count }, () => {
    const kind = random.between(0, 5);
    return { length: random.skewed(low, high), gzip: kind > 3, chunked: kind === 2 || kind === 3 || kind === 5 };
  });
  for (const file of files) if (file.gzip) file.length = Math.min(pool.length, 2 ** Math.round(Math.log2(file.length)));
  const bytes = files.reduce(
    (sum, file) => sum + (file.gzip ? pool.gzipped(file.length).length : file.length) * 1.085,
    0,
  );
  return [bytes, downloads(world, { pool, files })];
}

export function mixed(world, kit) {
  const { random } = world;
  const draw = random.unit();
  if (draw < 0.8) {
    const port = random.chance(0.7) ? 80 : 8080;
    return browse(world, kit, many(world, 5), { port, pipelined: random.chance(0.2) ? random.between(2, 6) : 1 });
  }
  if (draw < 0.815) return download(world, kit, 1, 20e3, 600e3);
  if (draw < 0.9) return talk(world, kit, 1 + many(world, 15), 0.004);
  const records = random.between(3, 20);
  return [connectionBytes + records * tlsRecordBytes, tls(world, { ciphertext: kit.ciphertext, records })];
}
