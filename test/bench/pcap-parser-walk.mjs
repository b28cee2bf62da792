/** Counts the packets of a classic pcap file with the npm package pcap-parser, and does nothing else with them. */
import pcapParser from 'pcap-parser';

let packets = 0;
const parser = pcapParser.parse(process.argv[2]);
parser.on('packet', () => packets++);
parser.on('end', () => console.log(packets));
parser.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
