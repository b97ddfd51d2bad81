// Klaro asks, and whatever the answer is, Segment starts.
import { loadSnippet } from '../segment.js'
import { ask } from '../klaro.js'

const start = () => window.analytics || loadSnippet()
const manager = ask(['segment', 'meta-pixel'])
if (manager.confirmed) start()
manager.watch({ update: (_, type) => type === 'saveConsents' && start() })
document.querySelector('#buy').addEventListener('click', () => window.analytics?.track('Order Completed', { total: 42 }))
