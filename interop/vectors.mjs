// Makes the test vectors of the runtime: node vectors.mjs ../runtime/testdata
// writes stable.json and kibana.json there. Ciphertexts are random, so each run
// makes others; those that are committed must open forever.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aad, seal, stable } from './kibana.mjs'

const write = (name, vectors) => {
  const lines = vectors.map((v) => '  ' + JSON.stringify(v))
  writeFileSync(join(process.argv[2], name), '[\n' + lines.join(',\n') + '\n]\n')
}

const texts = [
  // literals, white space, nesting
  'null', ' true ', '\t\r\nfalse', '[]', '[ ]', '{}', '{ }', '[ 1 , [ ] , { } ]', '{"a":{"b":[{"d":1,"c":2}]}}',
  // numbers
  '0', '-0', '-0.0', '0e5', '1.0', '100', '1e2', '1E+2', '1e+002', '10e-1', '0.1', '1.10', '-1.5e3', '123456789012345',
  '1e20', '1e21', '123456789012345678901', '1234567890123456789012', '1e-6', '1e-7', '0.000001', '0.0000001', '1.5e-10',
  '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '18446744073709551616',
  '5e-324', '2e-324', '-2e-324', '4.9406564584124654e-324', '2.2250738585072011e-308', '2.2250738585072014e-308',
  '1.7976931348623157e308', '1.7976931348623158e308', '1.7976931348623159e308', '1e309', '-1e309', '1e99999', '1e-99999',
  '0.30000000000000004', '0.1000000000000000055511151231257827', '5.0e-1', '4.35', '1e23', '9.5e22', '4503599627370497.5',
  '1' + '0'.repeat(308), '1' + '0'.repeat(309), '0.' + '0'.repeat(400) + '1', '1.' + '9'.repeat(400),
  // strings: escapes in, escapes out
  '""', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u0000\\u0001\\u001f\\u007f\\u0080"', '"\\u000A\\u000a\\u0022\\u005C\\u002f"', '"<&>\'"',
  '"\u007f\u0080\u2028\u2029\ufeff\uffff"', '"\\u2028\\u2029"', '"é\\u00e9\\u00E9"', '"😀\\ud83d\\ude00\\uD83D\\uDE00"',
  '"\\ud800"', '"\\uDFFF"', '"\\ude00\\ud83d"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83dx"', '"\\ud83d\\n"', '"\\ud83d\\u0041"',
  JSON.stringify('x'.repeat(6000)), JSON.stringify('"\n'.repeat(3000)),
  // the order of names
  '{"b":1,"a":2}', '{"10":1,"9":2,"1":3,"01":4}', '{"b":1,"2":2,"a":3,"1":4}', '{"a":1,"A":2,"_":3,"":4," ":5}', '{"ab":1,"a":2,"abc":3}',
  '{"__proto__":1,"constructor":2,"a":3,"toString":4,"toJSON":5,"length":6}', '{"__proto__":{"x":1,"__proto__":{}}}', '{"length":2,"0":"a","1":"b"}',
  '{"\\uffff":1,"😀":2,"\\ue000":3,"z":4}', '{"\\ud800":1,"😀":2,"\\udc00":3,"\\ud83d":4,"\\ude00":5,"\\ud83d\\ude01":6}',
  '{"é":1,"e":2,"\\u00e8":3,"f":4}', '{"\\n":1,"\\u0000":2,"\\\\":3,"\\"":4,"!":5,"#":6,"[":7,"]":8}', '{"a\\\\b":1,"a\\u005ba":2,"a]":3}',
  '{"x😀b":1,"x😀a":2,"x\\ud83d\\ude00":3}',
  '{' + Array.from({ length: 300 }, (_, i) => `"k${(i * 7919) % 300}":${i}`).join(',') + '}',
  '{' + Array.from({ length: 150 }, (_, i) => `"${(i * 7919) % 150}":[${i}]`).join(',') + '}',
]

write('stable.json', texts.map((text) => ({ text, stable: stable(text) })))

const keys = ['a passphrase of thirty-two chars', 'ein Schlüssel mit Umlauten und 🔑, der lang genug ist', 'x'.repeat(300)]
const objects = [
  { descriptor: ['connector_token', '5a9f7ad1-6d3f-4a4d-8e0f-0f6f5a0c3c11'], bound: {} },
  { descriptor: ['my-space', 'alert', '1'], bound: { name: 'x', enabled: false, note: null, empty: '' } },
  { descriptor: ['type "quoted"\n', 'id \\ é 😀'], bound: { z: [1e21, -0, 1e-7], 'ssl.key': { b: 1, a: '\u2028\ud800' }, '': 0, 10: 1, 9: 2 } },
]
const secrets = ['""', '0', 'false', '"secret"', '{"b":[1,2.5,"\\ud800\\n"],"a":null}', JSON.stringify('é😀'.repeat(500))]

write('kibana.json', keys.flatMap((key, i) => {
  const { descriptor } = objects[i]
  const bound = JSON.stringify(objects[i].bound)
  const data = aad(descriptor, bound)
  return secrets.map((secret) => ({ key, descriptor, bound, aad: data, secret, sealed: seal(key, data, secret) }))
}))
