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

// sealObject returns the attributes of an object, given as JSON text, with those
// that encrypted names sealed, and bound to the object and to those that bound
// names. So does Kibana's plugin encrypted_saved_objects: null and absent
// secrets are skipped, and each of the others has a salt of its own.
export const sealObject = (key, descriptor, encrypted, bound, text) => eachSecret(descriptor, encrypted, (name) => bound.includes(name), text,
  (secret, data) => crypto(key).encryptSync(secret, data))

// openObject is the inverse of sealObject.
export const openObject = (key, descriptor, encrypted, bound, text) => eachSecret(descriptor, encrypted, (name) => bound.includes(name), text,
  (secret, data) => crypto(key).decryptSync(secret, data))

// sealOldObject and openOldObject do so by the rule of Kibana before 8.13: all
// attributes are bound, but the encrypted ones and those that excluded names.
export const sealOldObject = (key, descriptor, encrypted, excluded, text) => eachSecret(descriptor, encrypted,
  (name) => !encrypted.includes(name) && !excluded.includes(name), text,
  (secret, data) => crypto(key).encryptSync(secret, data))

export const openOldObject = (key, descriptor, encrypted, excluded, text) => eachSecret(descriptor, encrypted,
  (name) => !encrypted.includes(name) && !excluded.includes(name), text,
  (secret, data) => crypto(key).decryptSync(secret, data))

function eachSecret(descriptor, encrypted, isBound, text, change) {
  const attributes = JSON.parse(text)
  const boundAttributes = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (isBound(name)) boundAttributes[name] = value
  }
  const data = stringify([...descriptor, boundAttributes])
  for (const name of encrypted) {
    if (attributes[name] != null) attributes[name] = change(attributes[name], data)
  }
  return JSON.stringify(attributes)
}

const crypto = (encryptionKey) => nodeCrypto.default({ encryptionKey })
