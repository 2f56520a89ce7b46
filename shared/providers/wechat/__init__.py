"""WeChat: template, customer-service and subscription messages."""
