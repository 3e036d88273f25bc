"""Format adapters: one module (or package) per format, none of which knows another."""
