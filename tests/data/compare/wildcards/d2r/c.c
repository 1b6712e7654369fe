d2r/c.c
