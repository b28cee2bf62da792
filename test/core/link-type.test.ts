import { expect, test } from 'vitest';
import { linkTypeName } from '../../src/core/link-type.ts';

test.each([
  [0, 'NULL'],
  [1, 'ETHERNET'],
  [101, 'RAW'],
  [113, 'LINUX_SLL'],
  [127, 'IEEE802_11_RADIOTAP'],
  [147, 'USER0'],
  [162, 'USER15'],
  [276, 'LINUX_SLL2'],
  [999, 'LINKTYPE 999'],
])('link type %i is %s', (linkType, name) => {
  expect(linkTypeName(linkType)).toBe(name);
});
