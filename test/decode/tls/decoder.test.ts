/** What TLS does between its hellos and its ends, conversation by conversation, with all keys, some, late ones and none. */
import { describe, expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { random, record, TlsScript, Type, type ScriptOptions } from '../../support/tls-script.ts';
import { converse } from '../../support/tls-peers.ts';
import { Decoding, cutEvery, whole } from './decoding.ts';

const cuts = [whole, cutEvery(1), cutEvery(3), cutEvery(1448)] as const;

/** Plays a script with all its keys, however it is cut, and expects every byte of it. */
function expectAll(script: TlsScript, keyLog = script.keyLog): Decoding {
  let last: Decoding | undefined;
  for (const cut of cuts) {
    const decoding = new Decoding(keyLog).play(script.pieces, cut).finish();
    for (const side of [client, server]) expect(decoding.text(side).toString()).toBe(script.text(side).toString());
    expect(decoding.decoder.facts.reason).toBeUndefined();
    expect(decoding.budget.used).toBe(0);
    last = decoding;
  }
  return last!;
}

const talk = (options: ScriptOptions = {}): TlsScript =>
  new TlsScript(options).handshake().data(client, 'GET /').data(server, 'one').data(server, 'two');

describe('TLS 1.3', () => {
  test.each([0x1301, 0x1302, 0x1303, 0x1304, 0x1305])('suite %i', (suite) => {
    expectAll(talk({ suite }).close(server).close(client));
  });

  test('keys are updated, each side for itself, again and again', () => {
    const script = talk();
    for (let turn = 0; turn < 5; turn++) {
      script.keyUpdate(server).data(server, `server ${turn} `);
      if (turn % 2 === 0) script.keyUpdate(client).keyUpdate(client);
      script.data(client, `client ${turn} `);
    }
    expectAll(script);
  });

  test('records are padded', () => {
    expectAll(talk().data(client, 'padded', 500).data(server, '', 30).data(server, 'x', 1).close(server));
  });

  test('early data, with its secret and without', () => {
    const script = new TlsScript({ earlyData: true }).clientHello().change(client);
    script.keys(client, 'early').data(client, 'early ').data(client, 'bird ');
    script.serverHello().keys(server, 'handshake').message(server, 20, Buffer.alloc(32));
    script.keys(server, 'application').data(server, 'hello');
    script.message(client, 5).keys(client, 'handshake').message(client, 20, Buffer.alloc(32));
    script.keys(client, 'application').data(client, 'late');
    expect(expectAll(script).decoder.facts).toMatchObject({ earlyData: true });
    const { early: _, ...others } = script.keyLines;
    const without = new Decoding(Object.values(others).join('')).play(script.pieces).finish();
    expect(without.text(client).toString()).toBe('late');
    expect(without.text(server).toString()).toBe('hello');
  });

  test('early data that a HelloRetryRequest refuses', () => {
    const script = new TlsScript({ earlyData: true }).clientHello();
    script.keys(client, 'early').seal(client, Type.data, Buffer.from('refused'));
    script.helloRetryRequest().change(server).clientHello().serverHello();
    script.keys(server, 'handshake').message(server, 20, Buffer.alloc(32)).keys(server, 'application');
    script.keys(client, 'handshake').message(client, 20, Buffer.alloc(32)).keys(client, 'application');
    script.data(client, 'again').data(server, 'well');
    const decoding = new Decoding(script.keyLog).play(script.pieces).finish();
    expect(decoding.text(client).toString()).toBe('again');
    expect(decoding.text(server).toString()).toBe('well');
  });

  test('behind a HelloRetryRequest, the client heard before the server', () => {
    const script = new TlsScript().clientHello().helloRetryRequest().change(server).change(client).clientHello();
    const before = script.pieces.length;
    script.serverHello().keys(server, 'handshake').message(server, 20, Buffer.alloc(32)).keys(server, 'application');
    const late = script.pieces.splice(before);
    script.keys(client, 'handshake').message(client, 20, Buffer.alloc(32)).keys(client, 'application');
    script.data(client, 'early');
    const decoding = new Decoding(script.keyLog).play([...script.pieces, ...late]).finish();
    expect(decoding.text(client).toString()).toBe('early');
    expect(decoding.decoder.facts).toMatchObject({ decrypted: true });
    expect(decoding.decoder.facts.reason).toBeUndefined();
  });

  test('application secrets alone are enough', () => {
    const script = talk();
    const { client: one, server: other } = script.keyLines;
    expectAll(script, one! + other!);
  });

  test('handshake messages in one record and over many', () => {
    const script = new TlsScript().clientHello().serverHello().keys(server, 'handshake');
    const flight = Buffer.concat([Buffer.from([8, 0, 0, 2, 0, 0]), Buffer.from([20, 0, 0, 32]), Buffer.alloc(32)]);
    for (const part of [flight.subarray(0, 3), flight.subarray(3, 20), flight.subarray(20)]) {
      script.seal(server, Type.handshake, part);
    }
    script.keys(server, 'application').data(server, 'ok');
    expectAll(script);
  });

  test('session tickets and unknown handshake messages between data', () => {
    expectAll(
      talk().message(server, 4, Buffer.alloc(200)).data(server, 'a').message(server, 99, 'zz').data(server, 'b'),
    );
  });
});

describe('secrets come late', () => {
  test('after all packets: in order, in their own moments', () => {
    const script = talk().data(client, 'more').data(server, 'answer');
    const decoding = new Decoding().play(script.pieces);
    expect(decoding.order).toEqual([]);
    decoding.addKeys(script.keyLog);
    expect(decoding.order).toEqual(script.order);
    expect(decoding.moment.packet).toBe(script.pieces.length);
    decoding.finish();
    for (const side of [client, server]) expect(decoding.text(side)).toEqual(script.text(side));
    expect(decoding.budget.used).toBe(0);
  });

  test('a line at a time, after each packet', () => {
    const script = talk().keyUpdate(server).data(server, 'three');
    const lines = Object.values(script.keyLines);
    for (let after = 0; after <= script.pieces.length; after++) {
      for (let apart = 0; apart < 3; apart++) {
        const decoding = new Decoding();
        let next = 0;
        script.pieces.forEach((piece, i) => {
          if (i >= after && (i - after) % (apart + 1) === 0 && next < lines.length) decoding.addKeys(lines[next++]!);
          decoding.play([piece]);
        });
        while (next < lines.length) decoding.addKeys(lines[next++]!);
        decoding.finish();
        for (const side of [client, server]) expect(decoding.text(side)).toEqual(script.text(side));
      }
    }
  });

  test('after the end of the stream: ends wait, too', () => {
    const script = talk();
    const decoding = new Decoding().play(script.pieces);
    decoding.decoder.end(client, EndOfStream.fin);
    decoding.decoder.end(server, EndOfStream.reset);
    expect(decoding.ends).toEqual([]);
    decoding.addKeys(script.keyLog);
    expect(decoding.ends).toEqual(['0 0', '1 1']);
    expect(decoding.text(server).toString()).toBe('onetwo');
  });

  test('never: the reason says so, and nothing is kept', () => {
    const decoding = new Decoding().play(talk().pieces).finish();
    expect(decoding.out).toEqual([[], []]);
    expect(decoding.decoder.facts).toMatchObject({ decrypted: false, reason: 'no secret for this client random' });
    expect(decoding.budget.used).toBe(0);
  });

  test('more bytes than are held: given up, within the bound', () => {
    const script = talk();
    for (let i = 0; i < 50; i++) script.data(server, Buffer.alloc(10_000, 'x'));
    const decoding = new Decoding('', { heldPerConnection: 100_000 });
    let most = 0;
    for (const piece of script.pieces) {
      decoding.play([piece]);
      most = Math.max(most, decoding.budget.used);
    }
    expect(most).toBeLessThan(120_000);
    expect(decoding.codes).toContain('tls.held-limit');
    decoding.addKeys(script.keyLog);
    decoding.finish();
    expect(decoding.decoder.facts).toMatchObject({ decrypted: false, reason: 'no secret for this client random' });
    expect(decoding.budget.used).toBe(0);
  });

  test('nothing is held where nothing more can come', () => {
    const decoding = new Decoding();
    decoding.secrets.awaited = false;
    decoding.play(talk().pieces);
    expect(decoding.budget.used).toBeLessThan(4000);
    decoding.finish();
  });
});

describe('packets come in another order', () => {
  test.each([
    ['the server is heard before the client', (from: TlsScript) => from.pieces.toSorted((a, b) => b.side - a.side)],
    ['the client is heard before the server', (from: TlsScript) => from.pieces.toSorted((a, b) => a.side - b.side)],
  ])('%s', (_name, order) => {
    const script = talk();
    const decoding = new Decoding(script.keyLog);
    decoding.secrets.awaited = false;
    decoding.play(order(script)).finish();
    for (const side of [client, server]) expect(decoding.text(side)).toEqual(script.text(side));
  });

  test('TLS 1.2, the same', async () => {
    const { pieces, keyLog, said } = await converse({ version: 'TLSv1.2' });
    for (const sign of [1, -1]) {
      const decoding = new Decoding(keyLog).play(pieces.toSorted((a, b) => sign * (a.side - b.side))).finish();
      for (const side of [client, server]) expect(decoding.text(side).equals(said[side])).toBe(true);
    }
  });
});

describe('sessions go on', () => {
  const ticketKeys = Buffer.alloc(48, 7);

  test('TLS 1.2 by ticket: the second connection needs no line of its own', async () => {
    const options = { version: 'TLSv1.2', ticketKeys } as const;
    const first = await converse(options);
    const second = await converse({ ...options, session: first.session });
    await expectResumed(first, second);
  });

  test('TLS 1.2 by session id', async () => {
    const options = { version: 'TLSv1.2', withoutTickets: true } as const;
    const first = await converse(options);
    const second = await converse({ ...options, session: first.session });
    await expectResumed(first, second);
  });

  async function expectResumed(
    first: Awaited<ReturnType<typeof converse>>,
    second: Awaited<ReturnType<typeof converse>>,
  ): Promise<void> {
    const one = new Decoding(first.keyLog).play(first.pieces);
    // Another connection of the same run shares the secrets that the first one found.
    const two = new Decoding();
    Object.defineProperty(two.secrets, 'resumable', { value: Reflect.get(one.secrets, 'resumable') });
    two.play(second.pieces).finish();
    expect(two.decoder.facts).toMatchObject({ resumed: true, decrypted: true });
    for (const side of [client, server]) expect(two.text(side).equals(second.said[side])).toBe(true);
  }

  test('TLS 1.3', async () => {
    const first = await converse({ version: 'TLSv1.3', ticketKeys });
    const second = await converse({ version: 'TLSv1.3', ticketKeys, session: first.session });
    const decoding = new Decoding(second.keyLog).play(second.pieces).finish();
    expect(decoding.decoder.facts).toMatchObject({ resumed: true, decrypted: true });
    for (const side of [client, server]) expect(decoding.text(side).equals(second.said[side])).toBe(true);
  });

  test('TLS 1.2 renegotiates', async () => {
    const { pieces, keyLog, said } = await converse({ version: 'TLSv1.2', renegotiate: true });
    const decoding = new Decoding(keyLog).play(pieces, cutEvery(100)).finish();
    for (const side of [client, server]) expect(decoding.text(side).equals(said[side])).toBe(true);
    expect(decoding.decoder.facts.reason).toBeUndefined();
  });
});

describe('facts', () => {
  test('of a hello', () => {
    const { decoder } = new Decoding().play(talk({ sni: 'a.example', alpn: ['h2', 'http/1.1'] }).pieces).finish();
    expect(decoder.facts).toMatchObject({
      version: 'TLS 1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      sni: 'a.example',
      offered: { versions: ['TLS 1.3'], ciphers: ['TLS_AES_128_GCM_SHA256'], alpn: ['h2', 'http/1.1'] },
      ja4: expect.stringMatching(/^t13d0103h2_/) as unknown,
      decrypted: false,
    });
  });

  test('of certificates: in clear in TLS 1.2, with keys in TLS 1.3', async () => {
    const server = {
      subject: 'CN=test.example',
      names: ['test.example'],
      validTo: Date.UTC(2049, 11, 31, 23, 59, 59) / 1000,
    };
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { pieces, keyLog } = await converse({ version, requestCert: true, certificate: { kind: 'rsa' } });
      const opened = new Decoding(keyLog).play(pieces).finish().decoder.facts.certificates;
      expect(opened).toMatchObject([
        { from: 'server', ...server },
        { from: 'client', ...server },
      ]);
      const closed = new Decoding().play(pieces).finish().decoder.facts.certificates;
      expect(closed?.length).toBe(version === 'TLSv1.2' ? 2 : undefined);
    }
  });

  test('a certificate that has expired', async () => {
    const certificate = { from: '100101000000Z', to: '110101000000Z' };
    const { pieces, keyLog } = await converse({ version: 'TLSv1.2', certificate });
    const decoding = new Decoding(keyLog).play(pieces).finish();
    expect(decoding.codes).toContain('tls.certificate-expired');
  });

  test('ALPN', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { pieces, keyLog } = await converse({ version, alpn: ['http/1.1'], clientAlpn: ['h2', 'http/1.1'] });
      const { facts } = new Decoding(keyLog).play(pieces).finish().decoder;
      expect(facts).toMatchObject({ alpn: 'http/1.1', offered: { alpn: ['h2', 'http/1.1'] } });
    }
  });

  test('alerts, spelled out', () => {
    const script = talk().alert(client, 2, 48);
    const decoding = new Decoding(script.keyLog).play(script.pieces).finish(EndOfStream.reset);
    expect(decoding.decoder.facts.alerts).toEqual([{ from: 'client', level: 'fatal', description: 'unknown_ca' }]);
    expect(decoding.reports.find(({ code }) => code === 'tls.fatal-alert')?.detail).toBe('a fatal alert: unknown_ca');
  });

  test('a handshake that fails', () => {
    const script = new TlsScript().clientHello().clear(server, Type.alert, Buffer.from([2, 40]));
    const { facts } = new Decoding(script.keyLog).play(script.pieces).finish().decoder;
    expect(facts).toMatchObject({
      version: 'unknown',
      decrypted: false,
      reason: 'nothing was encrypted: the handshake did not end',
      alerts: [{ from: 'server', level: 'fatal', description: 'handshake_failure' }],
    });
  });

  test('an estimate of what stays closed', () => {
    const script = new TlsScript({ alpn: ['http/1.1'] }).handshake();
    for (let turn = 0; turn < 3; turn++) script.data(client, Buffer.alloc(200)).data(server, Buffer.alloc(5000));
    const { facts } = new Decoding().play(script.pieces).finish().decoder;
    expect(facts.estimate).toMatchObject({ protocol: 'http/1.1' });
    expect(facts.estimate!.server).toBeGreaterThanOrEqual(15_000);
    expect(facts.estimate!.server).toBeLessThan(15_500);
  });
});

describe('ends', () => {
  test('close_notify is the end of its side; what comes after it is not content', () => {
    const script = talk().close(server);
    const decoding = new Decoding(script.keyLog).play(script.pieces);
    expect(decoding.ends).toEqual(['1 0']);
    decoding.play(new TlsScript().pieces).finish(EndOfStream.reset);
    expect(decoding.ends).toEqual(['1 0', '0 1']);
    expect(decoding.codes).toEqual([]);
  });

  test('a FIN without it is noted', () => {
    const script = talk();
    expect(new Decoding(script.keyLog).play(script.pieces).finish().codes).toEqual(['tls.no-close-notify']);
  });

  test('in the middle of a record: what there is of it comes out', () => {
    const script = talk().data(server, Buffer.alloc(5000, 'y'));
    const last = script.pieces.pop()!;
    script.pieces.push({ side: server, data: last.data.subarray(0, 2005) });
    const decoding = new Decoding(script.keyLog).play(script.pieces).finish(EndOfStream.captureEnd);
    expect(decoding.text(server).toString()).toBe('onetwo' + 'y'.repeat(2000));
  });
});

describe('the ledger', () => {
  const reasonOf = (decoding: Decoding): string | undefined => decoding.finish().decoder.facts.reason;

  test('no secret', () => {
    expect(
      reasonOf(new Decoding(talk().keyLog.replaceAll(random.toString('hex'), 'ab'.repeat(32))).play(talk().pieces)),
    ).toBe('no secret for this client random');
  });

  test('the secret of another session', () => {
    const decoding = new Decoding(talk().keyLog.replace(/ \S+$/gm, ' ' + 'cd'.repeat(32))).play(talk().pieces);
    expect(reasonOf(decoding)).toBe('MAC failed: the secret in the key log is not of this session');
    expect(decoding.codes).toEqual(['tls.mac-failed']);
  });

  test('TLS 1.2 with the secret of another session', async () => {
    const { pieces, keyLog } = await converse({ version: 'TLSv1.2' });
    const decoding = new Decoding(keyLog.replace(/ \S+$/gm, ' ' + 'cd'.repeat(48))).play(pieces);
    expect(reasonOf(decoding)).toBe('MAC failed: the secret in the key log is not of this session');
  });

  test('a malformed line', () => {
    const decoding = new Decoding('# keys\n' + talk().keyLog.replace(/.$/gm, 'g')).play(talk().pieces);
    expect(reasonOf(decoding)).toMatch(/^key log line malformed: keys.log line \d$/);
    expect(decoding.keyLogProblems[0]).toBe('keys.log line 2 has a secret that is not hexadecimal');
  });

  test('a cipher that is not supported', () => {
    const hidden = new TlsScript().clientHello().pieces;
    const hello = new TlsScript({ suite: 0x1301 }).serverHello().pieces[0]!;
    hello.data.writeUInt16BE(0x1306, hello.data.indexOf(Buffer.from([0x13, 0x01])));
    const data = { side: server, data: record(Type.data, Buffer.alloc(40)) } as const;
    expect(reasonOf(new Decoding(talk().keyLog).play([...hidden, hello, data]))).toBe('cipher not supported: 0x1306');
  });

  test('a version that is not supported', () => {
    const script = new TlsScript().clientHello().serverHello(0x0300).change(server);
    script.clear(server, Type.handshake, Buffer.alloc(40));
    expect(reasonOf(new Decoding(talk().keyLog).play(script.pieces))).toBe('version not supported: SSL 3.0');
  });

  test('no handshake', () => {
    const script = talk();
    expect(reasonOf(new Decoding(script.keyLog).play(script.pieces.slice(-3)))).toBe('handshake not captured');
  });

  test('the hello is missing, and the keys are of another session', () => {
    const script = talk();
    const keyLog = script.keyLog.replace(/ \S+$/gm, ' ' + 'cd'.repeat(32));
    const decoding = new Decoding(keyLog).play(script.pieces.slice(0, 1));
    decoding.decoder.gap(server, 90);
    decoding.play(script.pieces.slice(2));
    expect(reasonOf(decoding)).toBe(
      'a gap at byte 0 of the server took the ServerHello, and no secret of this client random opens what the client sent',
    );
  });

  test('the application secret of one side is missing', () => {
    const script = talk();
    const { server: _, ...others } = script.keyLines;
    const decoding = new Decoding(Object.values(others).join('')).play(script.pieces);
    expect(reasonOf(decoding)).toBe('no secret for this client random that opens what the server sent');
    expect(decoding.text(client).toString()).toBe('GET /');
    expect(decoding.missing(server)).toBe(6);
  });

  test('a damaged record: what comes behind it is read', () => {
    const script = talk().data(server, 'three');
    script.pieces.at(-2)!.data[7]! ^= 1;
    const decoding = new Decoding(script.keyLog).play(script.pieces);
    expect(reasonOf(decoding)).toMatch(/^MAC failed: a damaged record before byte \d+ of the server$/);
    expect(decoding.text(server).toString()).toBe('one???three');
  });
});

test.each([client, server] as Side[])('bytes that are no TLS, from side %i', (side) => {
  const decoding = new Decoding().play(new TlsScript().clientHello().pieces);
  decoding.give(side, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  expect(decoding.finish().codes).toEqual(['tls.bad-record']);
});
