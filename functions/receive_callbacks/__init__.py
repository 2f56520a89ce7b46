"""Takes what WeChat and WeCom tell: verifies it, queues it as events, and answers at once."""
