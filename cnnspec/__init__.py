"""cnnspec: a verified, executable specification of the CNN operators."""
