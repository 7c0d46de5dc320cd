"""Pictures from arrays, in one visual language. Matplotlib is loaded only where something is drawn."""
