/** Zstandard frames (RFC 8878) without a compressor: raw and run-length blocks. */
const largestBlock = 128 * 1024;

/** The data in raw blocks of up to 1,000 bytes, and a frame header with a window of 128 KiB. */
export function zstdFrame(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3)];
  for (let at = 0; at < data.length; at += 1000) {
    const block = data.subarray(at, at + 1000);
    parts.push(blockHeader(0, block.length, at + 1000 >= data.length), block);
  }
  return Buffer.concat(parts);
}

/** `count` blocks that each stand for 128 KiB of one byte. */
export function zstdRunLength(count: number): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3)];
  for (let i = 0; i < count; i++) parts.push(blockHeader(1, largestBlock, i === count - 1), Uint8Array.of(0x41));
  return Buffer.concat(parts);
}

function blockHeader(type: number, size: number, last: boolean): Uint8Array {
  const header = (size << 3) | (type << 1) | (last ? 1 : 0);
  return Uint8Array.of(header & 0xff, (header >> 8) & 0xff, header >> 16);
}
