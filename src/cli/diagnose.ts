/** `wirescope diagnose`: all findings, worst first, each with its place and remedy; then what the traffic is made of. */
import { Doctor } from '../insight/doctor/doctor.ts';
import { Examination } from '../insight/examination.ts';
import { diagnosisLines } from './diagnose/view.ts';
import { readCapture, type ReadingOptions } from './reading.ts';
import { say, stdoutTerminal } from './terminal.ts';

/** Findings of each code that are shown with their places. */
const examples = 5;
/** Bytes of a message that lenses see. */
const messageBytes = 16 * 1024;

export async function diagnose(path: string, options: ReadingOptions): Promise<void> {
  const doctor = new Doctor();
  const examination = new Examination(examples);
  await readCapture(path, examination, options, { maxBody: messageBytes, doctor });
  const whole = options.filter === undefined && options.doctor !== false;
  say(diagnosisLines(stdoutTerminal(options.color), examination, whole ? doctor : undefined).join('\n') + '\n');
}
