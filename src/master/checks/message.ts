/**
 * Where messages of protocols end whose checks go on when one has come: a part of it would be judged as the whole,
 * and the rest as the answer to what is sent next. Whether a message is good is for `expectation.ts` to say.
 */
import type { MessageForm } from '../../plan/checks.js';

/**
 * A whole message stands at the beginning.
 * @param text what has come, a character for each byte
 */
export function isWhole(form: MessageForm, text: string): boolean {
  return FORMS[form](text);
}

const FORMS: Readonly<Record<MessageForm, (text: string) => boolean>> = {
  smtp: (text) => !SMTP_REPLY.test(text) || SMTP_WHOLE.test(text),
  mysql: (text) => text.length >= MYSQL_HEADER && text.length >= MYSQL_HEADER + mysqlLength(text),
  ldap: (text) => text.charCodeAt(0) !== BER_SEQUENCE || text.length >= berLength(text),
};

/** RFC 5321, 4.2: what does not begin so is no reply, and there is nothing to wait for. */
const SMTP_REPLY = /^[0-9]{3}[ \r-]/;
/** Lines with a hyphen behind the code, then one without. */
const SMTP_WHOLE = /^(?:[0-9]{3}-[^\n]*\n)*(?![0-9]{3}-)[^\n]*\n/;

/** MySQL, "Client/Server Protocol", Protocol::Packet: the length of the payload in three bytes, the lowest first, and a number. */
const MYSQL_HEADER = 4;

function mysqlLength(text: string): number {
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16);
}

/** An LDAPMessage (RFC 4511, 4.1.1). */
const BER_SEQUENCE = 0x30;

/** Bytes of a BER element (X.690, 8.1.3), identifier and length included; of a length that has not come, more than there are. */
function berLength(text: string): number {
  const first = text.charCodeAt(1);
  if (first < 0x80) return 2 + first;
  const octets = first & 0x7f;
  if (text.length < 2 + octets) return Number.POSITIVE_INFINITY;
  let length = 0;
  for (let i = 0; i < octets; i++) length = length * 256 + text.charCodeAt(2 + i);
  return 2 + octets + length;
}
