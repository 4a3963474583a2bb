// Opens the vectors of the native format, by docs/format-native.md and nothing
// else: node, without packages. It prints, for each line of the file, what came
// out and what was computed on the way, as a line of JSON.
//
//	node native.mjs vectors.jsonl
import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

class Failure extends Error {}
const malformed = () => { throw new Failure('malformed'); };
const tampered = () => { throw new Failure('tampered'); };

// JSON, read without rounding numbers: a value is its canonical text, and an
// object is read as a list of [name, canonical text, text].
class Reader {
  constructor(text) { this.text = text; this.at = 0; }

  space() { while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++; }

  expect(c) {
    this.space();
    if (this.text[this.at] !== c) malformed();
    this.at++;
  }

  peek() { this.space(); return this.text[this.at]; }

  string() {
    this.space();
    const match = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    match.lastIndex = this.at;
    const found = match.exec(this.text) ?? malformed();
    this.at = match.lastIndex;
    return JSON.parse(found[0]); // of a string alone, which loses nothing
  }

  members() {
    const members = [];
    this.expect('{');
    if (this.peek() === '}') { this.at++; return members; }
    for (;;) {
      const name = this.string();
      if (members.some(([other]) => other === name)) malformed();
      this.expect(':');
      this.space();
      const begin = this.at;
      const canonical = this.value();
      members.push([name, canonical, this.text.slice(begin, this.at)]);
      if (this.peek() !== ',') break;
      this.at++;
    }
    this.expect('}');
    return members;
  }

  // value passes a value, and returns a function that gives its canonical text:
  // only bound values need to have one.
  value() {
    const c = this.peek();
    if (c === '{') {
      const members = this.members();
      return () => '{' + members
        .map(([name, canonical]) => [utf8(name), canonicalString(name) + ':' + canonical()])
        .sort(([a], [b]) => Buffer.compare(a, b)).map(([, text]) => text).join(',') + '}';
    }
    if (c === '[') {
      const items = [];
      this.at++;
      if (this.peek() === ']') { this.at++; return () => '[]'; }
      for (;;) {
        items.push(this.value());
        if (this.peek() !== ',') break;
        this.at++;
      }
      this.expect(']');
      return () => '[' + items.map((item) => item()).join(',') + ']';
    }
    if (c === '"') {
      const s = this.string();
      return () => canonicalString(s);
    }
    const token = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    token.lastIndex = this.at;
    const [text] = token.exec(this.text) ?? malformed();
    this.at = token.lastIndex;
    return /^[tfn]/.test(text) ? () => text : () => canonicalNumber(text);
  }

  end() { if (this.peek() !== undefined) malformed(); }
}

function utf8(s) {
  if (!s.isWellFormed()) malformed();
  return Buffer.from(s, 'utf8');
}

function canonicalString(s) {
  utf8(s);
  return '"' + s.replace(/["\\]/g, '\\$&')
    .replace(/[\u0000-\u001f]/g, (c) => '\\u00' + c.charCodeAt(0).toString(16).padStart(2, '0')) + '"';
}

function canonicalNumber(text) {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const shorter = digits.replace(/0+$/, '');
  const exponent = BigInt(power.replace(/^\+/, '')) - BigInt(fraction.length) + BigInt(digits.length - shorter.length);
  if (exponent > 999999999n || exponent < -999999999n) malformed();
  return `${sign}${shorter}e${exponent}`;
}

function decodeSeal(text) {
  const data = Buffer.from(text, 'base64');
  if (data.toString('base64') !== text) malformed(); // strict: one text for the same bytes
  let at = 0;
  const take = (n) => {
    if (at + n > data.length) malformed();
    at += n;
    return data.subarray(at - n, at);
  };
  const number = (n) => take(n).readUIntBE(0, n);
  const names = () => Array.from({ length: number(2) }, () => {
    const bytes = take(number(2));
    const name = bytes.toString('utf8');
    if (!Buffer.from(name, 'utf8').equals(bytes) || name === '$sealed') malformed();
    return name;
  });
  const sorted = (list) => list.every((name, i) => i === 0 || Buffer.compare(Buffer.from(list[i - 1]), Buffer.from(name)) < 0);

  const seal = { version: number(1) };
  if (seal.version < 1 || seal.version > 2 || number(1) !== 1) malformed();
  seal.keyId = take(number(1)).toString('latin1');
  seal.salt = take(32);
  seal.commitment = take(32);
  seal.model = number(4);
  if (seal.version > 1) {
    const namespace = number(1);
    if (namespace > 1) malformed();
    seal.namespaced = namespace === 1;
  }
  seal.bound = names();
  seal.sealed = names();
  seal.header = data.subarray(0, at);
  if (!/^[A-Za-z0-9._:\/-]{1,64}$/.test(seal.keyId) || seal.model < 1 || seal.model > 999999999) malformed();
  if (!sorted(seal.bound) || !sorted(seal.sealed) || seal.sealed.some((name) => seal.bound.includes(name))) malformed();
  seal.nonce = take(12);
  if (data.length - at < 16) malformed();
  seal.ciphertext = data.subarray(at, data.length - 16);
  seal.tag = data.subarray(data.length - 16);
  return seal;
}

const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const sized = (b) => Buffer.concat([u32(b.length), b]);
const mac = (key, ...parts) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();

function open(v, out) {
  let master = Buffer.from(v.master, 'hex');
  let keyId = v.keyId;
  if (v.passphrase !== undefined) {
    const stretched = pbkdf2Sync(v.passphrase, 'esogen native passphrase v1', 210000, 64, 'sha512');
    master = stretched.subarray(0, 32);
    keyId = 'p-' + stretched.subarray(32, 40).toString('hex');
    out.master = master.toString('hex');
  }
  const reader = new Reader(v.attributes);
  const attributes = new Map(reader.members().map(([name, canonical, text]) => [name, { canonical, text }]));
  reader.end();
  const stored = attributes.get('$sealed') ?? tampered();
  if (stored.text[0] !== '"') malformed();
  const seal = decodeSeal(new Reader(stored.text).string());
  if (seal.model !== v.model) tampered();
  if (seal.sealed.some((name) => attributes.has(name))) malformed();
  // The reader of the vectors knows the kind of namespaces, and model 1.
  if (v.model === 1 && ['single', 'multiple-isolated'].includes(v.namespaces) && seal.namespaced === false) tampered();
  if (seal.keyId !== keyId) throw new Failure('no key');

  const id = Buffer.from(seal.keyId);
  const message = Buffer.concat([Buffer.from('esogen native v1'), Buffer.from([1, id.length]), id, seal.salt]);
  const commitment = mac(master, message, Buffer.from([2]));
  if (!timingSafeEqual(commitment, seal.commitment)) tampered();
  const key = mac(master, message, Buffer.from([1]));

  const namespaced = (seal.namespaced ?? v.namespaces === 'single') && (v.namespace ?? '') !== '' && v.namespace !== 'default';
  const parts = [sized(seal.header), namespaced ? Buffer.concat([Buffer.from([1]), sized(utf8(v.namespace))]) : Buffer.from([0])];
  parts.push(sized(utf8(v.type)), sized(utf8(v.id)));
  const canonical = {};
  for (const name of seal.bound) {
    const value = attributes.get(name);
    if (value === undefined) {
      parts.push(Buffer.from([0]));
    } else {
      canonical[name] = value.canonical();
      parts.push(Buffer.from([1]), sized(Buffer.from(canonical[name])));
    }
  }
  const aad = Buffer.concat(parts);
  const cipher = createDecipheriv('aes-256-gcm', key, seal.nonce, { authTagLength: 16 });
  cipher.setAAD(aad);
  cipher.setAuthTag(seal.tag);
  let plain;
  try {
    plain = Buffer.concat([cipher.update(seal.ciphertext), cipher.final()]);
  } catch {
    tampered();
  }
  const secrets = {};
  let at = 0;
  for (const name of seal.sealed) {
    const size = plain.readUInt32BE(at);
    secrets[name] = plain.subarray(at + 4, at + 4 + size).toString('utf8');
    at += 4 + size;
  }
  if (at !== plain.length) malformed();
  Object.assign(out, {
    header: seal.header.toString('hex'), message: message.toString('hex'), derived: key.toString('hex'),
    commitment: commitment.toString('hex'), canonical, aad: aad.toString('hex'), secrets,
  });
}

for (const line of readFileSync(process.argv[2], 'utf8').trimEnd().split('\n')) {
  const vector = JSON.parse(line);
  const out = { name: vector.name, master: vector.master };
  try {
    open(vector, out);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    out.fails = error.message;
  }
  console.log(JSON.stringify(out));
}
