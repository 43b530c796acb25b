package dev.sluice.host.config;

/**
 * Something wrong in a config file, where it stands, and what to do about it.
 *
 * @param file as the operator named it
 * @param line from 1; 0 if the whole file is meant
 * @param column from 1
 * @param path dotted, as {@code routes[0].filters[2].cache.ttl}; may be empty
 */
public record Problem(String file, int line, int column, String path, String message) {

    @Override
    public String toString() {
        String at = line == 0 ? file : file + ":" + line + ":" + column;
        return at + (path.isEmpty() ? "" : " " + path) + ": " + message;
    }
}
