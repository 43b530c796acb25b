package dev.sluice.host.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The host's own schema of sluice.yaml. */
final class HostSchema {
    private static final String FILE = "sluice.schema.json";

    /** Loaded once, with the first config; the tree of it is never changed. */
    private static final class Loaded {
        static final ObjectNode TREE = read(FILE);
        static final CheckedSchema CHECKED = CheckedSchema.of(TREE);
    }

    private HostSchema() {}

    /** The schema as a tree; only to be read. */
    static ObjectNode tree() {
        return Loaded.TREE;
    }

    /** The schema, compiled. */
    static CheckedSchema checked() {
        return Loaded.CHECKED;
    }

    /** A tree that stands beside it. */
    static ObjectNode read(String file) {
        try (InputStream in = Objects.requireNonNull(HostSchema.class.getResourceAsStream(file), file)) {
            return (ObjectNode) new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }
}
