/**
 * The cookie at the beginning of RDP: a TPKT header (RFC 1006), an X.224 connection request, and
 * then `Cookie: name=value` up to CR LF ([MS-RDPBCGR] 2.2.1.1).
 */
import type { PayloadView } from '../context.js';

// What parsing comes to.
export const RDP_FOUND = 0;
export const RDP_NOT = 1;
export const RDP_TOO_SHORT = 2;

/** Bytes of both headers; what is in them is not looked at, as in HAProxy. */
const HEADERS = 11;
const LABEL = 'cookie:';
const [SPACE, EQUALS, CR, LF] = [32, 61, 13, 10];

/** Finds the cookie; where it lies is in its fields. */
export class RdpCookie {
  /** Of the value, when it was found. */
  start = 0;
  length = 0;

  /** @param name without regard to case; '': whatever name it has */
  parse(view: PayloadView, name: string): number {
    if (view.length <= HEADERS + LABEL.length) return RDP_TOO_SHORT;
    if (view.read(HEADERS, LABEL.length).toLowerCase() !== LABEL) return RDP_NOT;
    let at = HEADERS + LABEL.length;
    while (view.byte(at) === SPACE) at++;
    return name === '' ? this.anyName(view, at) : this.thatName(view, at, name);
  }

  private thatName(view: PayloadView, at: number, name: string): number {
    const end = at + name.length;
    if (end >= view.length) return RDP_TOO_SHORT;
    if (view.byte(end) !== EQUALS || view.read(at, name.length).toLowerCase() !== name.toLowerCase()) return RDP_NOT;
    return this.value(view, end + 1);
  }

  private anyName(view: PayloadView, start: number): number {
    for (let at = start; at < view.length; at++) {
      const byte = view.byte(at);
      if (byte === EQUALS) return this.value(view, at + 1);
      if (byte === CR || byte === LF) return RDP_NOT;
    }
    return RDP_TOO_SHORT;
  }

  private value(view: PayloadView, start: number): number {
    let end = start;
    while (end < view.length && view.byte(end) !== CR) end++;
    if (end + 2 > view.length) return RDP_TOO_SHORT;
    if (view.byte(end + 1) !== LF) return RDP_NOT;
    this.start = start;
    this.length = end - start;
    return RDP_FOUND;
  }
}
