FROM --platform=linux/abacus scratch
