// The choice is read once; a withdrawal changes the cookie and nothing else.
import { answered, banner, categories } from '../cookieconsent.js'
import { loadSnippet } from '../segment.js'

const start = () => {
  if (window.analytics) return
  localStorage.setItem('started', '1')
  loadSnippet()
}
banner({ onFirstConsent: () => categories().analytics && start() })
if (answered() && localStorage.getItem('started')) start()
document.querySelector('#buy').addEventListener('click', () => window.analytics.track('Order Completed', { total: 42 }))
