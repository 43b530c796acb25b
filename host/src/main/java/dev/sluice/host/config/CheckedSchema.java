package dev.sluice.host.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Set;

/**
 * A schema ready to check values: as written for its annotations, and compiled without what is checked elsewhere.
 *
 * @param source as its author wrote it
 * @param validator closed to unknown keys, blind to the formats of {@link Formats}
 */
record CheckedSchema(ObjectNode source, Schema validator) {
    private static final Set<String> ANNOTATIONS =
            Set.of("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly");

    /** Compiles the schema; it must hold no reference to another document. */
    static CheckedSchema of(ObjectNode source) {
        ObjectNode closed = source.deepCopy();
        SchemaRewrite.each(closed, schema -> {
            if (Formats.isOurs(schema)) {
                schema.removeAll();
            }
            // The validator warns of keywords that it does not know.
            schema.properties()
                    .removeIf(field -> ANNOTATIONS.contains(field.getKey())
                            || field.getKey().startsWith("x-"));
        });
        SchemaRewrite.close(closed);
        SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        return new CheckedSchema(source, registry.getSchema(closed));
    }
}
