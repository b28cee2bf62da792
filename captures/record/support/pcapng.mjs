// Rewrites the descriptive options of a pcapng file as dumpcap wrote it; packets stay as they are.
// Removes what names the recording machine (hardware, operating system) and sets the section's comment.

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 0x00000001;
const COMMENT = 1;

/** Options by block type that tell about the machine: shb_hardware, shb_os, shb_userappl; if_os, if_hardware. */
const MACHINE = new Map([
  [SECTION_HEADER, new Set([2, 3, 4])],
  [INTERFACE_DESCRIPTION, new Set([12, 15])],
]);
const FIXED_LENGTH = new Map([
  [SECTION_HEADER, 16],
  [INTERFACE_DESCRIPTION, 8],
]);

/** Little-endian pcapng in, the same without machine facts out. */
export function withoutMachineFacts(file, comment) {
  const blocks = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const block = file.subarray(at, at + file.readUInt32LE(at + 4));
    const type = block.readUInt32LE(0);
    blocks.push(MACHINE.has(type) ? rewritten(block, type, type === SECTION_HEADER ? comment : '') : block);
  }
  return Buffer.concat(blocks);
}

function rewritten(block, type, comment) {
  const optionsAt = 8 + FIXED_LENGTH.get(type);
  const options = comment ? [option(COMMENT, Buffer.from(comment))] : [];
  for (let at = optionsAt; at + 4 <= block.length - 4;) {
    const code = block.readUInt16LE(at);
    const length = block.readUInt16LE(at + 2);
    if (code === 0) break;
    if (!MACHINE.get(type).has(code)) options.push(option(code, block.subarray(at + 4, at + 4 + length)));
    at += 4 + padded(length);
  }
  if (options.length > 0) options.push(Buffer.alloc(4));
  const body = Buffer.concat([block.subarray(8, optionsAt), ...options]);
  const framed = Buffer.alloc(body.length + 12);
  framed.writeUInt32LE(type, 0);
  framed.writeUInt32LE(framed.length, 4);
  body.copy(framed, 8);
  framed.writeUInt32LE(framed.length, framed.length - 4);
  if (type === SECTION_HEADER) framed.writeBigInt64LE(-1n, 16);
  return framed;
}

function option(code, value) {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function padded(length) {
  return (length + 3) & ~3;
}
