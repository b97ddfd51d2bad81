// Bundles every site and app below src/ into the folder given as argument, with what they load from elsewhere beside them.
import { build } from 'esbuild'
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const out = process.argv[2]
const packages = join(here, 'node_modules')

const { min } = require('@segment/snippet')
const snippets = {
  SNIPPET: JSON.stringify(min({ apiKey: 'WK_SNIPPET', page: true })),
  SNIPPET_WITHOUT_LOAD: JSON.stringify(min({ apiKey: 'WK_SNIPPET', load: false, page: false })),
}

// sites, each a script of its own, and the SDKs of other vendors in pages beside Segment
for (const [folder, target] of [['sites', 'site'], ['sdks', 'sdk']]) {
  const scripts = readdirSync(join(here, 'src', folder)).filter((file) => file.endsWith('.js'))
  const entryPoints = scripts.map((file) => join(here, 'src', folder, file))
  await build({ entryPoints, bundle: true, format: 'iife', outdir: join(out, target), define: snippets, logLevel: 'error' })
}

const apps = readdirSync(join(here, 'src', 'apps')).map((file) => join(here, 'src', 'apps', file))
await build({
  entryPoints: apps,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  mainFields: ['main', 'module'],
  alias: { 'react-native': join(here, 'src', 'react-native.js') },
  external: ['@react-native-async-storage/async-storage', 'react-native-get-random-values'],
  outdir: join(out, 'app'),
  logLevel: 'error',
})

mkdirSync(join(out, 'vendor'), { recursive: true })
cpSync(join(packages, 'vanilla-cookieconsent/dist/cookieconsent.umd.js'), join(out, 'vendor/cookieconsent.umd.js'))
cpSync(join(packages, 'vanilla-cookieconsent/dist/cookieconsent.css'), join(out, 'vendor/cookieconsent.css'))
cpSync(join(packages, 'klaro/dist/klaro.js'), join(out, 'vendor/klaro.js'))
cpSync(join(packages, 'cookieconsent/build'), join(out, 'vendor/cookieconsent@3/build'), { recursive: true })
cpSync(join(packages, 'tarteaucitronjs'), join(out, 'vendor/tarteaucitron'), { recursive: true })
cpSync(join(packages, '@segment/consent-manager/standalone'), join(out, 'vendor/consent-manager/standalone'), { recursive: true })
cpSync(join(here, 'src', 'libraries'), join(out, 'page'), { recursive: true })
cpSync(join(here, 'src', 'sdks', 'page.html'), join(out, 'page', 'sdk.html'))
cpSync(join(packages, '@segment/analytics-next/dist/umd'), join(out, 'analytics-next'), {
  recursive: true,
  filter: (file) => !file.endsWith('.map') && !file.endsWith('.gz'),
})
