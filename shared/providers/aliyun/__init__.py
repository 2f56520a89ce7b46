"""Text messages by Alibaba Cloud."""
