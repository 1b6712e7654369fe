dir/b.h
