"""The vocabulary as plain data: Conversation, Message, Card, Script, label sets; parsers."""
