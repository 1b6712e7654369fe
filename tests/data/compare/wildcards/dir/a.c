dir/a.c
