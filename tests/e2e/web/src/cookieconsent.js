// vanilla-cookieconsent as sites use it: its bundle is loaded by a script tag, this configures it.
export function banner(handlers = {}) {
  return window.CookieConsent.run({
    hideFromBots: false, // by default it hides from automated browsers
    categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {} },
    language: {
      default: 'en',
      translations: {
        en: {
          consentModal: {
            title: 'Cookies',
            description: 'May we?',
            acceptAllBtn: 'Accept all',
            acceptNecessaryBtn: 'Reject all',
            showPreferencesBtn: 'Preferences',
          },
          preferencesModal: {
            title: 'Preferences',
            acceptAllBtn: 'Accept all',
            acceptNecessaryBtn: 'Reject all',
            savePreferencesBtn: 'Save',
            sections: [
              { title: 'Analytics', linkedCategory: 'analytics' },
              { title: 'Marketing', linkedCategory: 'marketing' },
            ],
          },
        },
      },
    },
    ...handlers,
  })
}

export const answered = () => window.CookieConsent.validConsent()

export const categories = () => ({
  analytics: window.CookieConsent.acceptedCategory('analytics'),
  marketing: window.CookieConsent.acceptedCategory('marketing'),
})
