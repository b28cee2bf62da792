import { describe, expect, test } from 'vitest';
import { grpcMessages, protobufFields, protobufLines } from '../../src/insight/protobuf.ts';
import { random } from '../decode/http2/random.ts';

const shown = (hex: string): string[] | undefined => {
  const fields = protobufFields(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return fields === undefined ? undefined : protobufLines(fields);
};

describe('the wire format without a schema', () => {
  test.each([
    ['a varint', '08 96 01', ['1 varint 150']],
    ['the largest varint', '08 ffffffffffffffffff01', ['1 varint 18446744073709551615']],
    ['text', '12 07 74657374696e67', ['2 text "testing"']],
    ['text of no letters', '12 00', ['2 text ""']],
    ['a message in a message', '1a 03 08 96 01', ['3 message', '  1 varint 150']],
    ['bytes', '22 03 00ff00', ['4 bytes 00ff00']],
    [
      'a float and a double',
      '2d 0000803f 31 000000000000f83f',
      ['5 fixed32 1065353216 (1)', '6 fixed64 4609434218613702656 (1.5)'],
    ],
    ['a group', '3b 08 01 3c', ['7 group', '  1 varint 1']],
    ['several fields', '08 01 10 02', ['1 varint 1', '2 varint 2']],
    ['nothing', '', []],
  ])('%s', (_, hex, expected) => {
    expect(shown(hex)).toEqual(expected);
  });

  test.each([
    ['a cut varint', '08 96'],
    ['a length beyond the end', '12 08 7465'],
    ['field number 0', '00 01'],
    ['a wire type that does not exist', '0f'],
    ['a group that does not end', '3b 08 01'],
    ['an end without a group', '3c'],
    ['a varint of eleven octets', '08 ffffffffffffffffffffff01'],
  ])('%s is no message', (_, hex) => {
    expect(shown(hex)).toBeUndefined();
  });

  test('messages of gRPC content', () => {
    const content = Buffer.from(
      '00 00000003 089601 01 00000002 aabb 80 00000001 30 00 00000009 08'.replaceAll(' ', ''),
      'hex',
    );
    expect(grpcMessages(content)).toEqual([[{ number: 1, type: 'varint', value: '150' }], undefined, undefined]);
  });

  test('random octets', () => {
    const next = random(3);
    for (let round = 0; round < 5000; round++) {
      const data = Uint8Array.from({ length: Math.floor(next() * 50) }, () => Math.floor(next() * 256));
      const fields = protobufFields(data);
      if (fields !== undefined) protobufLines(fields);
    }
    expect(protobufFields(Buffer.alloc(100_000, 0x12))).toBeUndefined();
    expect(protobufFields(Buffer.alloc(100_000, 0x0b))).toBeUndefined();
  });
});
