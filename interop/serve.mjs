// Answers requests on standard input, a JSON object a line, with answers on
// standard output, a line each, in the same order. One process serves thousands
// of cases; internal/nodetest is the client.
import { aad, open, openObject, openOldObject, seal, sealObject, sealOldObject, stable } from './kibana.mjs'

const operations = {
  stable: (q) => stable(q.text),
  aad: (q) => aad(q.descriptor, q.bound),
  seal: (q) => seal(q.key, q.aad, q.text),
  open: (q) => open(q.key, q.aad, q.text),
  sealObject: (q) => sealObject(q.key, q.descriptor, q.encrypted, q.bind, q.text),
  openObject: (q) => openObject(q.key, q.descriptor, q.encrypted, q.bind, q.text),
  sealOldObject: (q) => sealOldObject(q.key, q.descriptor, q.encrypted, q.exclude, q.text),
  openOldObject: (q) => openOldObject(q.key, q.descriptor, q.encrypted, q.exclude, q.text),
}

function answer(line) {
  const q = JSON.parse(line)
  try {
    return { text: operations[q.op](q) }
  } catch (e) {
    return { error: String(e) }
  }
}

// Not node:readline, which breaks lines at U+2028 too.
process.stdin.setEncoding('utf8')
let rest = ''
for await (const chunk of process.stdin) {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    process.stdout.write(JSON.stringify(answer(line)) + '\n')
  }
}
