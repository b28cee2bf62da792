import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointText } from '../../src/core/address.ts';
import { HttpHead } from '../../src/core/http.ts';
import { epochSeconds, spanSeconds } from '../../src/core/time.ts';
import { JsonWriter, json } from '../../src/export/json-writer.ts';

/** A writer with room, and what it wrote. */
function written(write: (writer: JsonWriter) => void): string {
  const writer = new JsonWriter(64);
  writer.ensure(4096);
  write(writer);
  return Buffer.from(writer.data.subarray(0, writer.length)).toString('utf8');
}

test('whole numbers', () => {
  const edges = [
    0,
    9,
    10,
    99,
    100,
    999,
    1000,
    1001,
    999_999,
    1e6,
    999_999_999,
    1e9,
    1e9 + 1,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
  ];
  for (const value of [...edges, ...edges.map((edge) => -edge)]) {
    if (!Object.is(value, -0)) expect(written((w) => w.integer(value))).toBe(String(value));
  }
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(written((w) => w.integer(value))).toBe(String(value));
    }),
  );
});

test('times and spans are as exact as the clock', () => {
  const epochs = fc.bigInt({ min: 0n, max: 4_000_000_000n * 1_000_000_000n });
  fc.assert(
    fc.property(epochs, fc.array(fc.nat(2 ** 52), { minLength: 1, maxLength: 4 }), (epoch, times) => {
      const text = written((w) => {
        w.setEpoch(epoch);
        for (const time of [...times, ...times]) {
          w.time(time);
          w.byte(0x20);
        }
      });
      expect(text.trim().split(' ')).toEqual([...times, ...times].map((time) => epochSeconds(epoch, time)));
    }),
  );
  fc.assert(
    fc.property(fc.integer(), (span) => {
      expect(written((w) => w.span(span))).toBe(spanSeconds(span));
    }),
  );
  expect(written((w) => (w.setEpoch(-1_500_000_000n), w.time(0)))).toBe('-1.5');
});

test('times and spans of centuries are numbers', () => {
  const years = 253_402_300_799n * 1_000_000_000n;
  for (const epoch of [0n, years, -years]) {
    for (const time of [2 ** 53, 2 ** 60 + 1024, 2 ** 63, 9_000_000_000_999_999_488, 1e18 - 128]) {
      for (const signed of [time, -time]) {
        const text = written((w) => (w.setEpoch(epoch), w.time(signed)));
        expect(Math.abs(JSON.parse(text) - (Number(epoch) + signed) / 1e9)).toBeLessThan(1e-3 + Number(epoch) / 1e24);
        expect(JSON.parse(written((w) => w.span(signed)))).toBeCloseTo(signed / 1e9, 3);
      }
    }
  }
});

test('strings', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      expect(JSON.parse(written((w) => w.latin1(bytes, 0, bytes.length)))).toBe(text);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(JSON.parse(written((w) => w.string(text)))).toBe(text);
    }),
  );
  expect(written((w) => w.latin1Lower(Buffer.from('Text/HTML "x"'), 0, 13))).toBe('"text/html \\"x\\""');
});

test('prepared text and clean ASCII keep to their length', () => {
  for (let length = 0; length < 40; length++) {
    const text = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR'.slice(0, length);
    expect(written((w) => (w.raw(json(text)), w.raw(json('|'))))).toBe(text + '|');
    const view = new DataView(new ArrayBuffer(64));
    for (let i = 0; i < length; i++) view.setUint8(i, text.charCodeAt(i));
    expect(written((w) => (w.asciiPart(view, 0, length), w.byte(0x7c)))).toBe(text + '|');
  }
});

test('endpoints', () => {
  const words = fc.array(fc.integer(), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(words, fc.constantFrom(4, 6), fc.nat(65535), (address, version, port) => {
      const at = new Int32Array(address);
      const text = written((w) => w.endpoint(version as 4 | 6, at, 0, port));
      expect(JSON.parse(text)).toBe(endpointText(version, at, 0, port));
    }),
  );
});

test('a head tells whether JSON writes it as it is', () => {
  const copied = (text: string, regular: boolean): HttpHead => {
    const head = new HttpHead();
    const from = new HttpHead();
    from.data = Buffer.from('...' + text, 'latin1');
    from.start = 3;
    from.end = from.data.length;
    from.regular = regular;
    head.copyFrom(from);
    expect(Buffer.from(head.data.subarray(0, head.end)).toString('latin1')).toBe(text);
    return head;
  };
  const visible = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
    maxLength: 80,
  });
  fc.assert(
    fc.property(visible, (line) => {
      expect(copied(line + '\r\n', true).regular).toBe(true);
      expect(copied(line + '\r\n', false).regular).toBe(!/["\\]/.test(line));
    }),
  );
  expect(copied('a\tb\r\n', false).regular).toBe(false);
  expect(copied('a\u00e9\r\n', false).regular).toBe(false);
  expect(copied('a\u007f\r\n', false).regular).toBe(false);
});

test.each([
  [1_795_361_583_000_000_005n, [-5, -6, 0, -1_000_000_005, 999_999_995], ['1795361583', '1795361582.999999999', '1795361583.000000005', '1795361582', '1795361584']],
  [1_795_361_583_500_000_000n, [-600_000_000], ['1795361582.9']],
])('times before the first packet, %s', (epoch, times, texts) => {
  const found = written((w) => {
    w.setEpoch(epoch);
    for (const time of times) {
      w.time(time);
      w.byte(0x20);
    }
  });
  expect(found.trim().split(' ')).toEqual(texts);
}); // prettier-ignore

test('text of UTF-8 bytes', () => {
  const unit = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('plain', 'some words ', '0123456789abcdef') },
    { weight: 2, arbitrary: fc.constantFrom('"', '\\', '\u007f', '\u0000', '\n', '\u001f', ' ', '!', '[', ']', '~') },
    { weight: 1, arbitrary: fc.constantFrom('\u0080', 'é', '€', '😀', '\u2028', '\u00a2', '\u00dc', '\u00ff') },
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const text = units.join('');
      const bytes = Buffer.from(text, 'utf8');
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const expected = JSON.stringify(text).replaceAll('\u007f', '\\u007f');
      expect(written((w) => w.utf8(view, bytes.length))).toBe(expected);
    }),
  );
});
