// What Kibana does with one saved object, by the packages that Kibana uses.
import nodeCrypto from '@elastic/node-crypto'
import stringify from 'safe-stable-stringify'

// stable returns the stable text of a JSON text.
export const stable = (text) => stringify(JSON.parse(text))

// aad returns the additional data of an object: descriptor holds the strings
// that identify it, bound is the JSON text of its bound attributes.
export const aad = (descriptor, bound) => stringify([...descriptor, JSON.parse(bound)])

// seal returns the ciphertext of a secret, given as JSON text.
export const seal = (key, aad, text) => crypto(key).encryptSync(JSON.parse(text), aad)

// open returns the JSON text of a secret.
export const open = (key, aad, text) => JSON.stringify(crypto(key).decryptSync(text, aad))

const crypto = (encryptionKey) => nodeCrypto.default({ encryptionKey })
