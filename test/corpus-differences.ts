/** Where wirescope differs from the rows expected of a public capture, and why it is right to. */
interface ArguedDifference {
  readonly line: string;
  readonly why: string;
}

export const arguedDifferences: Record<string, readonly ArguedDifference[]> = {
  'generated/a/http1_connect.pcap': because(
    'RFC 9110 9.3.6: behind a 2xx answer to CONNECT is a tunnel. What is inside is told by its content, here HTTP; the reference does not look.',
    [
      '+ req 0 10.1.0.5:35413 10.1.0.1:3128: GET /inside 1.1 body 0',
      '+ res 0 10.1.0.1:3128 10.1.0.5:35413: 200 body 6',
    ],
  ),
  'seladb+PcapPlusPlus/Tests/Pcap++Test/PcapExamples/650HttpResponses.pcap': because(
    "Only the server's side was recorded, with holes: these answers stand whole in the stream, each from its status line on (RFC 9112 4). The reference gives up a connection at its first hole.",
    [
      '+ res 80 212.29.254.196:80 10.0.0.1:61418: 200 body 14',
      '+ res 108 212.199.202.18:80 10.0.0.1:61465: 200 body 258',
      '+ res 113 212.199.202.25:80 10.0.0.1:61482: 200 body 636',
      '+ res 113 212.199.202.25:80 10.0.0.1:61482: 200 body 95',
      '+ res 113 212.199.202.25:80 10.0.0.1:61482: 200 body 489',
      '+ res 113 212.199.202.25:80 10.0.0.1:61482: 200 body 244',
      '+ res 113 212.199.202.25:80 10.0.0.1:61482: 200 body 324',
      '+ res 130 212.199.202.25:80 10.0.0.1:61481: 200 body 529',
      '+ res 130 212.199.202.25:80 10.0.0.1:61481: 200 body 604',
      '+ res 131 212.199.202.25:80 10.0.0.1:61503: 200 body 534',
      '+ res 132 212.199.202.25:80 10.0.0.1:61504: 200 body 371',
      '+ res 132 212.199.202.25:80 10.0.0.1:61504: 200 body 131',
      '+ res 132 212.199.202.25:80 10.0.0.1:61504: 200 body 521',
      '+ res 133 212.199.202.25:80 10.0.0.1:61506: 200 body 137',
      '+ res 133 212.199.202.25:80 10.0.0.1:61506: 200 body 365',
      '+ res 134 212.199.202.25:80 10.0.0.1:61505: 200 body 639',
      '+ res 134 212.199.202.25:80 10.0.0.1:61505: 200 body 873',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 118',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 118',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 118',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 118',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 117',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 117',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 117',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 117',
      '+ res 157 212.199.202.53:80 10.0.0.1:61533: 200 body 117',
      '+ res 191 192.118.82.149:80 10.0.0.1:61587: 200 body 800',
      '+ res 191 192.118.82.149:80 10.0.0.1:61587: 200 body 564',
      '+ res 197 212.25.95.152:80 10.0.0.1:61594: 200 body 198',
      '+ res 197 212.25.95.152:80 10.0.0.1:61594: 200 body 107',
      '+ res 197 212.25.95.152:80 10.0.0.1:61594: 200 body 45',
      '+ res 197 212.25.95.152:80 10.0.0.1:61594: 200 body 581',
      '+ res 198 212.25.95.152:80 10.0.0.1:61595: 200 body 44',
      '+ res 198 212.25.95.152:80 10.0.0.1:61595: 200 body 581',
      '+ res 199 212.199.202.16:80 10.0.0.1:61593: 200 body 438',
      '+ res 201 212.25.95.152:80 10.0.0.1:61598: 200 body 99',
      '+ res 201 212.25.95.152:80 10.0.0.1:61598: 200 body 236',
      '+ res 201 212.25.95.152:80 10.0.0.1:61598: 200 body 44',
      '+ res 201 212.25.95.152:80 10.0.0.1:61598: 200 body 302',
      '+ res 202 212.25.95.152:80 10.0.0.1:61599: 200 body 53',
      '+ res 202 212.25.95.152:80 10.0.0.1:61599: 200 body 573',
      '+ res 211 192.118.82.149:80 10.0.0.1:61614: 200 body 238',
      '+ res 214 192.118.82.149:80 10.0.0.1:61617: 200 body 708',
      '+ res 215 199.203.85.10:80 10.0.0.1:61618: 200 body 586',
      '+ res 215 199.203.85.10:80 10.0.0.1:61618: 200 body 43',
      '+ res 215 199.203.85.10:80 10.0.0.1:61618: 200 body 604',
      '+ res 215 199.203.85.10:80 10.0.0.1:61618: 200 body 349',
      '+ res 220 212.25.95.152:80 10.0.0.1:61624: 200 body 50',
      '+ res 220 212.25.95.152:80 10.0.0.1:61624: 200 body 942',
      '+ res 224 212.25.95.152:80 10.0.0.1:61629: 200 body 45',
      '+ res 225 212.25.95.152:80 10.0.0.1:61630: 200 body 1030',
      '+ res 228 212.25.95.134:80 10.0.0.1:61633: 200 body 112',
      '+ res 228 212.25.95.134:80 10.0.0.1:61633: 200 body 599',
      '+ res 229 212.25.95.134:80 10.0.0.1:61634: 200 body 218',
      '+ res 229 212.25.95.134:80 10.0.0.1:61634: 200 body 132',
      '+ res 230 212.25.95.134:80 10.0.0.1:61635: 200 body 596',
      '+ res 231 212.25.95.134:80 10.0.0.1:61636: 200 body 354',
      '+ res 232 212.25.95.134:80 10.0.0.1:61637: 200 body 652',
      '+ res 233 212.25.95.134:80 10.0.0.1:61638: 200 body 581',
      '+ res 234 212.25.95.152:80 10.0.0.1:61639: 200 body 175',
      '+ res 239 199.203.85.10:80 10.0.0.1:61644: 200 body 603',
      '+ res 241 199.203.85.10:80 10.0.0.1:61646: 200 body 636',
      '+ res 245 192.118.82.149:80 10.0.0.1:61652: 200 body 124',
      '+ res 257 192.118.82.149:80 10.0.0.1:61663: 200 body 255',
    ],
  ),
  'zeek+zeek/testing/btest/Traces/http/http-09-content-length-confusion.pcap': because(
    'RFC 1945 4.1: GET and a path, without a version, is an HTTP/0.9 request.',
    ['+ req 0 127.0.0.1:46982 127.0.0.1:80: GET / 0.9 body 0'],
  ),
  'zeek+zeek/testing/btest/Traces/http/methods.pcap': because(
    'RFC 9112 2.3: request lines that end in HTTP/1. without the last digit, read as HTTP/1.0, and GET /HTTP/1.1, which is a path alone (RFC 1945 4.1); reported as such. The reference does not show them.',
    [
      '+ req 1 128.2.6.136:46563 173.194.75.103:80: OPTIONS  1.1 body 0',
      '+ req 5 128.2.6.136:46567 173.194.75.103:80: GET / 1.0 body 0',
      '+ req 6 128.2.6.136:46568 173.194.75.103:80: GET /HTTP/1.1 0.9 body 0',
      '+ req 15 128.2.6.136:46577 173.194.75.103:80: CCM_POST / 1.0 body 0',
      '+ req 20 128.2.6.136:46582 173.194.75.103:80: CONNECT / 1.0 body 0',
      '+ req 25 128.2.6.136:46587 173.194.75.103:80: TRACE / 1.0 body 0',
      '+ req 30 128.2.6.136:46592 173.194.75.103:80: DELETE / 1.0 body 0',
      '+ req 35 128.2.6.136:46597 173.194.75.103:80: PUT / 1.0 body 0',
      '+ req 40 128.2.6.136:46602 173.194.75.103:80: POST / 1.0 body 0',
      '+ req 45 128.2.6.136:46607 173.194.75.103:80: HEAD / 1.0 body 0',
    ],
  ),
  'zeek+zeek/testing/btest/Traces/http/no-uri.pcap': because(
    'RFC 9112 3: a request line without a target; shown with an empty one, and reported.',
    ['+ req 0 141.142.228.5:59856 192.150.187.43:80: GET  1.1 body 0'],
  ),
  'zeek+zeek/testing/btest/Traces/tcp/reassembly.pcap': because(
    'A packet is cut inside its IP packet: bytes count by the length in the IP header (RFC 791 3.1), the reference counts what was captured.',
    [
      '- conn 0 63.193.213.194:2564 128.3.97.175:80: packets 54/63 bytes 34370/0',
      '+ conn 0 63.193.213.194:2564 128.3.97.175:80: packets 54/63 bytes 34434/0',
    ],
  ),
  'generated/a/h2c_prior.gap.pcap': [
    {
      line: '- h2 11 0 10.1.0.1:8080 10.1.0.5:47612: [[":status","200"],["content-type","application/json"],["x-rand","323051623"],["date","Sun, 22 Nov 2026 16:27:25 GMT"]] body 81804',
      why: 'the reference counts up to the hole; frame lengths tell how much of it is content',
    },
    {
      line: '+ h2 11 0 10.1.0.1:8080 10.1.0.5:47612: [[":status","200"],["content-type","application/json"],["x-rand","323051623"],["date","Sun, 22 Nov 2026 16:27:25 GMT"]] body 150000',
      why: 'as above: the whole content, the 1,460 missing bytes counted',
    },
  ],
};

function because(why: string, lines: readonly string[]): ArguedDifference[] {
  return lines.map((line) => ({ line, why }));
}
