"""A server with Segment's real Python SDK: what it sends carries consent only where somebody put it there."""

from segment import analytics

analytics.write_key = "WK_SERVER"
analytics.gzip = True
analytics.sync_mode = False
analytics.send = True


def main() -> None:
    import requests
    import urllib3

    urllib3.disable_warnings()
    session = requests.Session.request
    requests.Session.request = lambda self, *args, **kwargs: session(self, *args, **{**kwargs, "verify": False})
    analytics.track("user-1", "Order Completed", {"total": 42})
    analytics.identify("user-1", {"plan": "pro"})
    consent = {"consent": {"categoryPreferences": {"analytics": True, "marketing": False}}}
    analytics.track("user-1", "Invoice Paid", {"total": 42}, context=consent)
    analytics.shutdown()


if __name__ == "__main__":
    main()
