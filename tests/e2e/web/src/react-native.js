// The little of React Native that Segment's SDK asks for, so that the SDK itself runs under Node.
export const Platform = { OS: 'ios', select: (choices) => choices.ios ?? choices.default }
export const AppState = { currentState: 'active', addEventListener: () => ({ remove() {} }) }
export const Linking = { getInitialURL: async () => null, addEventListener: () => ({ remove() {} }) }
export const NativeModules = {
  AnalyticsReactNative: {
    getContextInfo: async () => ({
      appName: 'Shop',
      appVersion: '4.2.0',
      buildNumber: '420',
      bundleId: 'com.example.shop',
      locale: 'de_DE',
      networkType: 'wifi',
      osName: 'iOS',
      osVersion: '19.1',
      screenHeight: 2556,
      screenWidth: 1179,
      timezone: 'Europe/Berlin',
      manufacturer: 'Apple',
      model: 'iPhone17,1',
      deviceName: 'iPhone',
      deviceId: '0A1B2C3D-0000-4000-8000-000000000001',
      deviceType: 'ios',
      screenDensity: 3,
    }),
  },
  Sovran: {},
}
export class NativeEventEmitter {
  addListener() {
    return { remove() {} }
  }
}
export const unstable_batchedUpdates = (work) => work()
