// Takes all addresses out of package-lock.json: packages are pinned by version and integrity hash, and every
// machine fetches them from the registry that it is set up with.
'use strict'

const fs = require('fs')

const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
for (const entry of Object.values(lock.packages)) {
  delete entry.resolved
  delete entry.funding
}
fs.writeFileSync('package-lock.json', JSON.stringify(lock, null, 2) + '\n')
