/**
 * Where tshark 4.0 shows a capture of `captures/` differently, and why wirescope is right to. `- ` tshark has the row and
 * wirescope has not, `+ ` the other way round; rows begin with the connection.
 */
export interface ArguedDifference {
  readonly why: string;
  readonly lines: readonly string[];
}

export const arguedDifferences: Readonly<Record<string, readonly ArguedDifference[]>> = {
  'browser.pcapng.gz': [
    {
      why: 'The page leaves /events before the answer ends (RST): tshark 4.0 shows responses only once their body is whole. RFC 9112 8: the head stands, the message is incomplete.',
      lines: ['+ 2 response 200'],
    },
  ],
  'http-old.pcap': [
    {
      why: 'HTTP/0.9 (RFC 1945 4.1 and 6): a request line without a version, answered by a page without a head. tshark leaves both as TCP payload.',
      lines: ['+ 4 request GET /note.txt', '+ 4 response 200', '+ 5 request GET /', '+ 5 response 200'],
    },
  ],
  'https-damaged.pcapng': [
    {
      why: 'One record of the server fails its tag: tshark opens none behind it. RFC 8446 5.3: each record has a number of its own, so that the next ones open, and the answer to the second request is whole.',
      lines: ['+ 0 response 200'],
    },
  ],
  'https-gap.pcapng': [
    {
      why: 'The ServerHello is missing. RFC 8446 4.1.3: it could choose only among the suites that the client offered; the one whose keys open the next records is it. tshark needs to see it.',
      lines: ['+ 0 host secure.example', '+ 0 request GET /page', '+ 0 response 200'],
    },
  ],
  'http2-midstream.pcap': [
    {
      why: 'Recorded from the middle of the connection: without the preface tshark does not know it for HTTP/2. What refers to header fields sent earlier is left empty (RFC 7541 2.3.3).',
      lines: [
        '+ 0 h2 request  /page',
        '+ 0 h2 request GET /broken',
        '+ 0 h2 request GET /endless',
        '+ 0 h2 request GET /events',
        '+ 0 h2 request GET /gzip',
        '+ 0 h2 request GET /hints',
        '+ 0 h2 request GET /large',
        '+ 0 h2 request GET /page',
        '+ 0 h2 request GET /refused',
        '+ 0 h2 request GET /style.css',
        '+ 0 h2 request GET /trailers',
        '+ 0 h2 request POST /upload',
        '+ 0 h2 response 0',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
        '+ 0 h2 response 200',
      ],
    },
  ],
  'http2-nghttp.pcap': [
    {
      why: 'The server speaks first (SETTINGS, RFC 9113 3.4), so that tshark misses the preface of this connection and leaves it as TCP payload.',
      lines: ['+ 1 h2 request POST /notes.txt', '+ 1 h2 response 200'],
    },
  ],
  'http2-upgrade.pcap': [
    {
      why: 'RFC 7540 3.2: the request that carried the upgrade is stream 1 of the HTTP/2 connection. tshark shows it as HTTP/1.1 alone.',
      lines: ['+ 0 h2 request GET /index.html', '+ 2 h2 request GET /notes.txt'],
    },
  ],
  'http2-websocket.pcap': [
    {
      why: 'RFC 8441 5: WebSocket frames inside the DATA of a stream. tshark 4.0 does not look there.',
      lines: [
        '+ 0 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 17',
        '+ 0 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 3000',
        '+ 0 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 5',
        '+ 0 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 6',
        '+ 0 frame from 192.0.2.10:8080: opcode 10 fin 1 mask 0 length 12',
        '+ 0 frame from 192.0.2.10:8080: opcode 10 fin 1 mask 0 length 12',
        '+ 0 frame from 192.0.2.10:8080: opcode 2 fin 1 mask 0 length 3',
        '+ 0 frame from 192.0.2.10:8080: opcode 8 fin 1 mask 0 length 10',
        '+ 0 frame from 192.0.2.10:8080: opcode 8 fin 1 mask 0 length 10',
        '+ 0 frame from 192.0.2.77:51564: opcode 1 fin 1 mask 1 length 17',
        '+ 0 frame from 192.0.2.77:51564: opcode 1 fin 1 mask 1 length 3000',
        '+ 0 frame from 192.0.2.77:51564: opcode 1 fin 1 mask 1 length 5',
        '+ 0 frame from 192.0.2.77:51564: opcode 1 fin 1 mask 1 length 6',
        '+ 0 frame from 192.0.2.77:51564: opcode 2 fin 1 mask 1 length 3',
        '+ 0 frame from 192.0.2.77:51564: opcode 8 fin 1 mask 1 length 10',
        '+ 0 frame from 192.0.2.77:51564: opcode 8 fin 1 mask 1 length 10',
        '+ 0 frame from 192.0.2.77:51564: opcode 9 fin 1 mask 1 length 12',
        '+ 0 frame from 192.0.2.77:51564: opcode 9 fin 1 mask 1 length 12',
      ],
    },
  ],
  'https-lossy.pcapng': [
    {
      why: 'Segments are missing for good: tshark shows nothing of what was inside or behind the TLS records that they hit.',
      lines: ['+ 0 response 200', '+ 0 response 200'],
    },
  ],
  'lossy.recorder.pcap': [
    {
      why: 'Segments are missing for good; what stands behind the holes, and the answers the holes are in, tshark leaves as TCP payload. A hole inside a known length moves nothing (RFC 9112 6.3).',
      lines: [
        '+ 0 response 200',
        '+ 0 response 200',
        '+ 0 response 200',
        '+ 0 response 404',
        '+ 1 response 200',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 40',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 41',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 54',
        '+ 2 frame from 192.0.2.10:8080: opcode 2 fin 1 mask 0 length 12000',
        '+ 2 frame from 192.0.2.10:8080: opcode 2 fin 1 mask 0 length 12000',
        '+ 2 frame from 192.0.2.10:8080: opcode 8 fin 1 mask 0 length 15',
      ],
    },
  ],
  'midstream.pcap': [
    {
      why: 'A WebSocket whose upgrade was not recorded: its frames are told from their bytes (RFC 6455 5.2). tshark needs the upgrade.',
      lines: [
        '+ 1 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 7',
        '+ 1 frame from 192.0.2.10:8080: opcode 1 fin 1 mask 0 length 7',
        '+ 1 frame from 192.0.2.10:8080: opcode 10 fin 1 mask 0 length 12',
        '+ 1 frame from 192.0.2.10:8080: opcode 8 fin 1 mask 0 length 13',
        '+ 1 frame from 192.0.2.77:42559: opcode 1 fin 1 mask 1 length 7',
        '+ 1 frame from 192.0.2.77:42559: opcode 1 fin 1 mask 1 length 7',
        '+ 1 frame from 192.0.2.77:42559: opcode 8 fin 1 mask 1 length 13',
        '+ 1 frame from 192.0.2.77:42559: opcode 9 fin 1 mask 1 length 12',
      ],
    },
  ],
  'nginx.pcap': [
    {
      why: 'A PUT that was refused after Expect: 100-continue and whose body was never sent (RFC 9110 10.1.1): tshark shows requests only once their body is whole.',
      lines: ['+ 26 host www.example', '+ 26 request PUT /read-only.json'],
    },
  ],
  'open-end.pcapng': [
    {
      why: 'The recording stops inside these messages. tshark shows messages only once their body is whole.',
      lines: [
        '+ 0 response 200',
        '+ 2 response 200',
        '+ 3 response 200',
        '+ 4 host open.example',
        '+ 4 request POST /upload',
        '+ 5 request GET /half',
      ],
    },
  ],
  'reset.pcap': [
    {
      why: 'The connection is reset inside these messages. tshark shows messages only once their body is whole.',
      lines: [
        '+ 0 response 200',
        '+ 1 response 200',
        '+ 4 response 200',
        '+ 5 host brittle.example',
        '+ 5 request POST /upload',
      ],
    },
  ],
  'rest.big-endian.pcap': [
    {
      why: 'RFC 9110 10.1.1: refused after Expect: 100-continue, its body was never sent. tshark shows requests only once their body is whole.',
      lines: ['+ 15 host api.example:8080', '+ 15 request POST /uploads/refused'],
    },
    {
      why: 'RFC 9110 9.1: methods are extensible. tshark knows a fixed list and leaves PURGE as data.',
      lines: ['+ 8 host api.example:8080', '+ 8 request PURGE /orders/1'],
    },
  ],
  'smuggling.pcap': [
    {
      why: 'RFC 9112 6.3 (5): two Content-Length values that differ. wirescope follows the first and reports it, so that the smuggled request shows; tshark follows the last.',
      lines: ['+ 12 host victim.example', '+ 12 request GET /admin'],
    },
    {
      why: 'RFC 9112 7.1: chunk data longer than its size. The head stands, the content is incomplete; tshark waits for the end of the body.',
      lines: ['+ 23 host victim.example', '+ 23 request POST /chunk-too-long'],
    },
    {
      why: 'RFC 9112 2.2: empty lines before a request line are passed over. tshark leaves the request as TCP payload.',
      lines: ['+ 34 host victim.example', '+ 34 request GET /leading-lines'],
    },
    {
      why: 'RFC 9112 3.2: white space inside a target is an error, reported; the target is shown as it was sent, up to the version. tshark ends it at the first space.',
      lines: ['+ 35 request GET /spaces-in-target two three', '- 35 request GET /spaces-in-target'],
    },
    {
      why: 'RFC 9112 6.3 (5): as above, in a response. tshark waits for the bytes of the larger Content-Length.',
      lines: ['+ 39 response 200'],
    },
    {
      why: 'RFC 9112 4: a status code has three digits; a line with 2000 is no status line, and is reported. tshark reads its first three digits.',
      lines: ['- 42 response 200'],
    },
  ],
  'websocket-hostile.pcap': [
    {
      why: 'RFC 6455 5.2: the top bit of a 64-bit length must be 0, and is reported. Numbers of JSON (RFC 8259 6) are exact to 2^53; this one is shown rounded.',
      lines: [
        '+ 12 frame from 203.0.113.66:44641: opcode 2 fin 1 mask 1 length 9223372036854776000',
        '- 12 frame from 203.0.113.66:44641: opcode 2 fin 1 mask 1 length 9223372036854775812',
      ],
    },
    {
      why: 'The connection ends inside the frame. tshark shows whole frames only; RFC 6455 7.1.7 leaves the rest to the receiver.',
      lines: ['+ 35 frame from 203.0.113.66:38171: opcode 1 fin 1 mask 1 length 500'],
    },
  ],
};
