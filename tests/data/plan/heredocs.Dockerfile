# Files and scripts that are in the Dockerfile itself.
FROM base
ARG WHO=world
RUN <<END
echo hello
echo $WHO
END
RUN <<'END' /bin/python3
print("$WHO")
END
RUN <<-SCRIPT
	#!/usr/bin/env python3
	print("a script")
	SCRIPT
COPY --chmod=755 <<one <<"two" /etc/
hello $WHO
one
hello $WHO
two
RUN cat <<input >/out
text
input
