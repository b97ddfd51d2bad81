// Klaro as sites use it: its bundle is loaded by a script tag, this configures it.
export function ask(services) {
  const config = {
    version: 1,
    elementID: 'klaro',
    storageMethod: 'cookie',
    acceptAll: true,
    lang: 'en',
    translations: { en: { purposes: { statistics: 'Statistics' } } },
    services: services.map((name) => ({ name, title: name, purposes: ['statistics'] })),
  }
  window.klaro.setup(config)
  return window.klaro.getManager(config)
}
