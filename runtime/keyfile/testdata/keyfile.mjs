// Opens the vectors of key files, by docs/keys.md and nothing else: node, without
// packages. It prints, for each line of the file, what came out and what was
// computed on the way, as a line of JSON.
//
//	node keyfile.mjs vectors.jsonl
import { createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

class Failure extends Error {}
const malformed = () => { throw new Failure('malformed'); };
const tampered = () => { throw new Failure('tampered'); };

// JSON, read strictly: an object is a Map, a number is {digits}.
class Reader {
  constructor(text) { this.text = text; this.at = 0; }

  peek() {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++;
    return this.text[this.at];
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? malformed();
    this.at = pattern.lastIndex;
    return found[0];
  }

  string() {
    const s = JSON.parse(this.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y));
    return s.isWellFormed() ? s : malformed();
  }

  // items reads what is between two brackets, an item at a time.
  items(close, item) {
    this.at++;
    if (this.peek() === close) { this.at++; return; }
    for (;;) {
      this.peek();
      item();
      const c = this.peek();
      this.at++;
      if (c === close) return;
      if (c !== ',') malformed();
    }
  }

  value() {
    switch (this.peek()) {
      case '{': {
        const members = new Map();
        this.items('}', () => {
          const name = this.string();
          if (members.has(name) || this.peek() !== ':') malformed();
          this.at++;
          members.set(name, this.value());
        });
        return members;
      }
      case '[': {
        const list = [];
        this.items(']', () => list.push(this.value()));
        return list;
      }
      case '"': return this.string();
      case 't': return this.match(/true/y) === 'true';
      default: return { digits: this.match(/(?:0|[1-9][0-9]*)(?![0-9.eE])/y) };
    }
  }
}

// members checks that an object has these members; those that end in ? may be
// absent.
function members(value, ...names) {
  if (!(value instanceof Map)) malformed();
  for (const name of value.keys()) if (!names.includes(name) && !names.includes(name + '?')) malformed();
  for (const name of names) if (!name.endsWith('?') && !value.has(name)) malformed();
  return Object.fromEntries(value);
}

const text = (value, pattern) => (typeof value === 'string' && pattern.test(value) ? value : malformed());
const list = (value) => (Array.isArray(value) && value.length <= 100000 ? value : malformed());
const id = (value) => text(value, /^[A-Za-z0-9._:\/-]{1,64}$/);

function base64(value, min, max) {
  const bytes = Buffer.from(text(value, /^/), 'base64');
  if (bytes.toString('base64') !== value || bytes.length < min || bytes.length > max) malformed();
  return bytes;
}

function time(value) {
  text(value, /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/);
  const date = new Date(value);
  if (Number.isNaN(date.valueOf()) || date.toISOString() !== value.replace('Z', '.000Z')) malformed();
  return value;
}

function namespace(value) {
  if (value === undefined) return '';
  text(value, /^[a-z0-9_-]{1,255}$/);
  return value === 'default' ? malformed() : value;
}

function parse(file) {
  const reader = new Reader(file.replace(/^\ufeff/, ''));
  const f = members(reader.value(), 'format', 'file', 'generation', 'wrapper', 'keys', 'retired', 'shredded', 'mac');
  if (reader.peek() !== undefined || f.format !== 'esogen-keys/1') malformed();
  id(f.file);
  f.generation = BigInt(f.generation?.digits ?? malformed());
  if (f.generation < 1n || f.generation > 2n ** 53n - 1n) malformed();
  f.wrapper = members(f.wrapper, 'id', 'wrapped');
  text(f.wrapper.id, /^[ -~]{1,512}$/);
  f.wrapped = base64(f.wrapper.wrapped, 1, 65536);
  f.mac = base64(f.mac, 32, 32);

  const ids = new Set();
  const unique = (value) => {
    if (ids.has(id(value))) malformed();
    ids.add(value);
  };
  const primaries = new Map();
  f.keys = list(f.keys).map((value) => {
    const k = members(value, 'id', 'kind', 'namespace?', 'primary?', 'made', 'check', 'sealed');
    unique(k.id);
    text(k.kind, /^(native|passphrase)$/);
    k.namespace = namespace(k.namespace);
    if (k.kind === 'passphrase' && k.namespace !== '') malformed();
    if (k.primary !== undefined && (k.primary !== true || primaries.has(k.namespace))) malformed();
    if (k.primary) primaries.set(k.namespace, k);
    time(k.made);
    text(k.check, /^[0-9a-f]{32}$/);
    k.sealed = k.kind === 'native' ? base64(k.sealed, 60, 60) : base64(k.sealed, 60, 4096 + 28);
    return k;
  });
  f.primary = primaries.get('') ?? malformed();
  f.retired = list(f.retired).map((value) => {
    const r = members(value, 'id', 'namespace?', 'at');
    unique(r.id);
    time(r.at);
    r.namespace = namespace(r.namespace);
    return r;
  });
  const shredded = new Set();
  f.shredded = list(f.shredded).map((value) => {
    const s = members(value, 'namespace', 'keys', 'at', 'state');
    if (shredded.has(namespace(s.namespace)) || list(s.keys).length === 0) malformed();
    shredded.add(s.namespace);
    s.keys.forEach(unique);
    time(s.at);
    text(s.state, /^(recoverable|destroyed)$/);
    return s;
  });
  if (f.keys.some((k) => shredded.has(k.namespace))) malformed();
  return f;
}

const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(n); return b; };
const field = (b) => { const bytes = Buffer.from(b, 'utf8'); return Buffer.concat([u32(bytes.length), bytes]); };
const fields = (...list) => Buffer.concat(list.map(field));
const counted = (items, each) => Buffer.concat([u32(items.length), ...items.map(each)]);
const hmac = (key, ...parts) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();
const hkdf = (key, info) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32));

function gcm(key, sealed, additional) {
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
  cipher.setAAD(additional);
  cipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()]);
  } catch {
    return tampered();
  }
}

const message = (f) => Buffer.concat([
  fields('esogen-keys/1 mac', f.file), u64(f.generation), fields(f.wrapper.id, f.wrapped),
  counted(f.keys, (k) => Buffer.concat([
    fields(k.id, k.kind, k.namespace), Buffer.from([k.primary ? 1 : 0]), fields(k.made, k.check, k.sealed),
  ])),
  counted(f.retired, (r) => fields(r.id, r.namespace, r.at)),
  counted(f.shredded, (s) => Buffer.concat([field(s.namespace), counted(s.keys, field), fields(s.at, s.state)])),
]);

function open(v, out) {
  const f = parse(v.file);
  if (f.wrapper.id !== v.wrapperId) throw new Failure('no key');
  const secret = gcm(Buffer.from(v.wrapper, 'hex'), f.wrapped, Buffer.alloc(0));
  const context = createHash('sha256').update(fields('esogen-keys/1 file key', f.file)).digest();
  if (secret.length !== 64 || !timingSafeEqual(secret.subarray(32), context)) tampered();
  const fileKey = secret.subarray(0, 32);
  const sealKey = hkdf(fileKey, 'esogen-keys/1 seal');
  const macKey = hkdf(fileKey, 'esogen-keys/1 mac');
  const input = message(f);
  if (!timingSafeEqual(hmac(macKey, input), f.mac)) tampered();
  const keys = f.keys.map((k) => {
    const additional = fields('esogen-keys/1 seal', f.file, k.id, k.kind, k.namespace);
    const plaintext = gcm(sealKey, k.sealed, additional);
    const master = k.kind === 'native' ? plaintext
      : pbkdf2Sync(plaintext, 'esogen native passphrase v1', 210000, 64, 'sha512').subarray(0, 32);
    const check = hmac(master, Buffer.from('esogen key check v1|' + k.id)).subarray(0, 16).toString('hex');
    if (check !== k.check) tampered();
    const hex = (b) => b.toString('hex');
    return { id: k.id, additional: hex(additional), plaintext: hex(plaintext), master: hex(master), check };
  });
  Object.assign(out, {
    context: context.toString('hex'), fileKey: fileKey.toString('hex'), sealKey: sealKey.toString('hex'),
    macKey: macKey.toString('hex'), message: input.toString('hex'), keys,
  });
}

for (const line of readFileSync(process.argv[2], 'utf8').trimEnd().split('\n')) {
  const vector = JSON.parse(line);
  const out = { name: vector.name };
  try {
    open(vector, out);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    out.fails = error.message;
  }
  console.log(JSON.stringify(out));
}
