"""What speed and memory are measured with. Always ratios within one run: against bare mitmproxy, against its own reader."""
