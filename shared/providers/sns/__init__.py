"""Text messages and notifications by Amazon SNS."""
