"""WHAT people see: pages in Spanish and English, and their charts, rendered by the service."""
