package dev.sluice.plugins.modelmapper;

import java.util.List;
import java.util.Map;

/**
 * What a route says of this filter.
 *
 * @param modelMapping from names, globs and {@code ~regex} to models; {@code *} for any other
 * @param modelKey the field that names the model
 * @param enableOnPathSuffix ends of paths, {@code *} for all; empty: those of a model's API
 */
public record ModelMapperConfig(Map<String, String> modelMapping, String modelKey, List<String> enableOnPathSuffix) {}
