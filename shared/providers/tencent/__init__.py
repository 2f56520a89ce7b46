"""Text messages by Tencent Cloud."""
