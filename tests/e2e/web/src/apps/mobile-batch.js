// An app with Segment's React Native SDK, without its consent plugin first, with it then.
import '../phone.js'
import { ConsentPlugin, createClient } from '@segment/analytics-react-native'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function play(client, names) {
  await client.init?.()
  for (const name of names) await client.track(name, { screen: 'home' })
  await wait(200)
  await client.flush()
  await wait(500)
}

async function main() {
  const options = { trackAppLifecycleEvents: false, flushAt: 50, flushInterval: 0 }
  await play(createClient({ writeKey: 'WK_APP', ...options }), ['App Opened', 'Product Viewed'])

  const stamping = createClient({ writeKey: 'WK_APP_STAMPED', ...options })
  const consent = new ConsentPlugin({
    setApplicableCategories() {},
    getConsentStatus: async () => ({ analytics: true, marketing: false }),
    onConsentChange() {},
  })
  stamping.add({ plugin: consent })
  consent.start()
  await play(stamping, ['Checkout Started', 'Order Completed'])
  process.exit(0)
}

main()
