/** The client, as far as its fields tell: program and version, operating system, languages and content codings. */
import { Field, type FieldIndex } from './doctor/field-index.ts';

/** Looked for in this order: many name those they want to be taken for as well. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bcompatible; ([\w.-]+)\/([\d.]+)/, ''],
  [/\bEdgA?\/([\d.]+)/, 'Edge'],
  [/\bOPR\/([\d.]+)/, 'Opera'],
  [/\bFirefox\/([\d.]+)/, 'Firefox'],
  [/\bCriOS\/([\d.]+)/, 'Chrome'],
  [/\bFxiOS\/([\d.]+)/, 'Firefox'],
  [/\bEdgiOS\/([\d.]+)/, 'Edge'],
  [/\bSamsungBrowser\/([\d.]+)/, 'Samsung Internet'],
  [/\bHeadlessChrome\/([\d.]+)/, 'Chrome without a window'],
  [/\bChrom(?:e|ium)\/([\d.]+)/, 'Chrome'],
  [/\bVersion\/([\d.]+).*\bSafari\//, 'Safari'],
  [/\bcurl\/([\d.]+)/, 'curl'],
  [/\bWget\/([\d.]+)/i, 'Wget'],
  [/\bpython-requests\/([\d.]+)/i, 'Python requests'],
  [/\bGo-http-client\/([\d.]+)/, 'Go'],
  [/\bokhttp\/([\d.]+)/i, 'OkHttp'],
  [/\bMSIE ([\d.]+)/, 'Internet Explorer'],
  [/\bTrident\/.*rv:([\d.]+)/, 'Internet Explorer'],
  [/^([A-Za-z][\w .-]{0,40})\/([\d.]+)/, ''],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/Windows NT 10/, 'Windows 10 or later'],
  [/Windows NT ([\d.]+)/, 'Windows'],
  [/\bAndroid ([\d.]+)?/, 'Android'],
  [/iPhone|iPad|iPod/, 'iOS'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
];

/** `Firefox 128 on Linux, de en, gzip br`, of a request's fields. */
export function clientText(request: FieldIndex): string {
  const languages = listed(request.value(Field.acceptLanguage), 3);
  const codings = listed(request.value(Field.acceptEncoding), 5);
  return [clientProgram(request.value(Field.userAgent)), languages, codings].filter((part) => part !== '').join(', ');
}

/** The first elements of a list, best first, without their weights; languages without their regions. */
function listed(value: string | undefined, most: number): string {
  if (value === undefined) return '';
  const elements = value.slice(0, 400).split(',').map((element) => {
    const [name = '', ...parameters] = element.trim().toLowerCase().split(';');
    const weight = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find((q) => q !== undefined);
    return { name: name.trim().replace(/-.*$/, ''), weight: Number(weight ?? 1) };
  }); // prettier-ignore
  const taken = elements.filter(({ name, weight }) => /^\w+$/.test(name) && weight > 0);
  const names = taken.toSorted((a, b) => b.weight - a.weight).map(({ name }) => name);
  return [...new Set(names)].slice(0, most).join(' ');
}

/** `Firefox 128 on Linux`; the field as it stands where nothing in it is known. */
export function clientProgram(field: string | undefined): string {
  if (field === undefined || field === '') return 'does not say';
  const userAgent = field.slice(0, 400);
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
  for (const [pattern, name] of programs) {
    const match = pattern.exec(userAgent);
    if (match === null) continue;
    const [program, version] = name === '' ? [match[1]!, match[2]!] : [name, match[1]!];
    return `${program} ${version
      .split('.')
      .slice(0, name === '' || /^(?:curl|Wget)/.test(name) ? 3 : 1)
      .join('.')}${system === undefined ? '' : ` on ${system}`}`;
  }
  return userAgent.slice(0, 60);
}
