/** EtherTypes (IEEE 802 numbers), as in Ethernet, SNAP, GRE, Geneve and Cisco HDLC headers. */
export const EtherType = {
  /** Up to this it is an 802.3 length. */
  largestLength: 0x05dc,
  ipv4: 0x0800,
  ipv6: 0x86dd,
  /** 802.1Q, and a tag inside a tag (802.1ad); 0x9100 and 0x9200 stood for the latter before it had a number. */
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  oldServiceVlan2: 0x9200,
  transparentBridging: 0x6558,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  ppp: 0x880b,
  providerBackbone: 0x88e7,
  nsh: 0x894f,
} as const;
