package dev.sluice.api;

/** A config that its schema accepts and that still cannot work; the operator sees it with file, line and column. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String path;

    /**
     * Points at one field.
     *
     * @param path the field within this filter's config, dotted: {@code rules[0].limit}; empty for the config as a whole
     * @param message what is wrong and what to do about it
     */
    public ConfigException(String path, String message) {
        super(message);
        this.path = path;
    }

    /** The field within this filter's config, dotted; empty for the config as a whole. */
    public String path() {
        return path;
    }
}
