/** How a connection went, in spans, against a plain account of the same. */
import { expect, test } from 'vitest';
import { Course } from '../../../src/decode/http2/course.ts';
import { random } from './random.ts';

const ms = 1e6;

test('a span a millisecond, while that is enough', () => {
  const course = new Course(5 * ms, 100, 200);
  course.open(1, 5 * ms);
  course.open(2, 5.5 * ms);
  course.left(1, 50, 6 * ms);
  course.open(1, 8.2 * ms);
  course.left(1, 200, 8.9 * ms);
  course.open(0, 9 * ms);
  expect(course.facts).toEqual({
    interval: 0.001,
    streams: [2, 2, 2, 2, 1],
    window: { client: [100, 100, 100, 100, 100], server: [200, 50, 50, 50, 200] },
  });
});

test('nothing but its beginning', () => {
  expect(new Course(0.5, 65_535, 65_535).facts).toEqual({
    interval: 0.001,
    streams: [0],
    window: { client: [65_535], server: [65_535] },
  });
});

test('a long silence', () => {
  const course = new Course(0, 10, 10);
  course.open(3, 1 * ms);
  course.open(0, 3600e9);
  const { interval, streams } = course.facts;
  expect(streams.length).toBeLessThanOrEqual(32);
  expect(streams.every((open) => open === 3)).toBe(true);
  expect(interval * streams.length).toBeGreaterThan(3600);
});

test('any course: each span has the most and the least of its time', () => {
  const next = random(7);
  for (let round = 0; round < 60; round++) {
    const events: { time: number; open: number; left: number }[] = [];
    const course = new Course(0, 1000, 1000);
    for (let n = 0, time = 0; n < 200; n++) {
      time += Math.floor(next() * 10 ** (4 + (round % 5)));
      const event = { time, open: Math.floor(next() * 50), left: Math.floor(next() * 1000) - 100 };
      events.push(event);
      course.open(event.open, time);
      course.left(0, event.left, time);
    }
    const { interval, streams, window } = course.facts;
    for (const [span, most] of streams.entries()) {
      const [from, to] = [span * interval * 1e9, (span + 1) * interval * 1e9];
      const before = events.filter(({ time }) => time < from).at(-1) ?? { open: 0, left: 1000 };
      const within = [before, ...events.filter(({ time }) => time >= from && time < to)];
      expect(most).toBe(Math.max(...within.map(({ open }) => open)));
      expect(window.client[span]).toBe(Math.min(...within.map(({ left }) => left)));
    }
  }
});
