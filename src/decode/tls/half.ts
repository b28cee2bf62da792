/** One direction of a TLS connection: which keys protect it, and how many records they have protected so far. */
import { client, type Side } from '../../core/side.ts';
import type { KnownContent } from '../../core/known-content.ts';
import { Epoch, type Handshake } from './handshake.ts';
import { HandshakeReader, type HandshakeSink } from './handshake-reader.ts';
import { RecordReader, type RecordReaderSink } from './record-reader.ts';
import type { RecordProtection } from './record-protection.ts';
import type { ScratchPool } from './scratch-pool.ts';

export class Half {
  readonly side: Side;
  readonly reader: RecordReader;
  readonly messages: HandshakeReader;
  /** Sequence number of the next record under these keys. */
  sequence = 0;
  /** Keys in use; null while they are not known. */
  protection: RecordProtection | null = null;

  /** TLS 1.2 and before: ChangeCipherSpec was seen, and what it put into force. */
  changed = false;
  inForce: Handshake | null = null;

  /** TLS 1.3. */
  epoch: Epoch;
  /** The traffic secret in use: the next one follows from it. */
  secret: Buffer | null = null;

  /** Records opened, records that the keys at hand did not open, and those of them in a row. */
  opened = 0;
  failed = 0;
  failedInRow = 0;
  /** Nothing more of this side can be opened. */
  shut = false;
  /** Bytes are missing from this side: the stream offset of the first; -1 where none are. */
  gapAt = -1;
  /** The capture has no more of this side. */
  ended = false;
  /** It has said close_notify. */
  closed = false;
  /** Bytes missing before the next held record; -1 where none are. */
  missing = -1;
  /** Records that wait for keys. */
  held = 0;

  /** Records of application data and the bytes in them, as sent. */
  records = 0;
  recordBytes = 0;

  /** Content that is known without the records; null where it is not. */
  content: KnownContent | null = null;

  constructor(side: Side, sink: RecordReaderSink & HandshakeSink, pool: ScratchPool) {
    this.side = side;
    this.reader = new RecordReader(side, sink, pool);
    this.messages = new HandshakeReader(side, sink);
    this.epoch = side === client ? Epoch.early : Epoch.handshake;
  }

  /** ChangeCipherSpec: new keys from here on, sequence numbers from 0 (RFC 5246 6.1). */
  change(handshake: Handshake | null): void {
    this.changed = true;
    this.inForce = handshake;
    this.protection = null;
    this.sequence = 0;
    this.messages.reset();
  }

  /** The keys of another epoch, or of another generation, are in force. */
  enter(epoch: Epoch, secret: Buffer | null, protection: RecordProtection | null, sequence: number): void {
    this.epoch = epoch;
    this.secret = secret;
    this.protection = protection;
    this.sequence = sequence;
  }
}
