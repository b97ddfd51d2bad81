// Klaro asks about Segment and about everyone behind it; Segment starts only where it is accepted. Klaro's cookie has no date.
import { loadSnippet } from '../segment.js'
import { ask } from '../klaro.js'

const manager = ask(['segment', 'amplitude', 'braze', 'meta-pixel'])
const start = () => manager.getConsent('segment') && !window.analytics && loadSnippet()
if (manager.confirmed) start()
manager.watch({ update: (_, type) => type === 'saveConsents' && start() })
document.querySelector('#buy').addEventListener('click', () => window.analytics?.track('Order Completed', { total: 42 }))
