package dev.sluice.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.List;

/** A provider of models as the config defines it. Immutable; the host implements it. */
public interface Provider {

    /** Its name in the config. */
    String name();

    /** Its type, for example {@code openai}. */
    String type();

    /** Its whole config, type-specific fields included, secrets resolved; only to be read. */
    JsonNode config();

    /** Its credentials, in config order; may be empty. */
    List<Credential> credentials();

    /** The base URLs of its endpoints; empty for a provider built into its filter. */
    List<URI> endpoints();

    /**
     * The model's name on the wire: exact match of {@code modelMapping}, else the longest matching glob, else the first
     * matching {@code ~regex}, else {@code *}; an empty target keeps the name.
     */
    String wireModel(String model);
}
