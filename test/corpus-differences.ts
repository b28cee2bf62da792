/** Where wirescope differs from the rows expected of a public capture, and why it is right to. */
export const arguedDifferences: Record<string, readonly { line: string; why: string }[]> = {
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
