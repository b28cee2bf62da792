/** What the operating system complains of, in words. */

const problems: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBADF: 'it is closed',
  EISDIR: 'is a directory',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a folder was expected on the way there',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** `permission denied`; the error's own message where there are no words for it. */
export function systemProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return problems[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message;
}
