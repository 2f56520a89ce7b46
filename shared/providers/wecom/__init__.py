"""WeCom: application messages, and tasks that employees confirm for customers."""
