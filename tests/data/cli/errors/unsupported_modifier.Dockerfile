FROM scratch
ENV A=${B!c}
