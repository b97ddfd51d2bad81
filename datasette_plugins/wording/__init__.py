"""Facts -> sentences, in the words of the design."""
